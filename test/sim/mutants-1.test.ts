// A quarter of the mutants.
import { testMutants } from './test-mutants.ts';

testMutants(0, 4);
