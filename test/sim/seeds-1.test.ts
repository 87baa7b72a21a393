// A quarter of the seeds that every change is played with, each with two, three and five nodes.
import { testSeeds } from './test-seeds.ts';

testSeeds(1, 50);
