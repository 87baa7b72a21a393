// A quarter of the mutants.
import { testMutants } from './test-mutants.ts';

testMutants(2, 4);
