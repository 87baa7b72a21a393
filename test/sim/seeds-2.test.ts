// A quarter of the seeds that every change is played with.
import { testSeeds } from './test-seeds.ts';

testSeeds(51, 100);
