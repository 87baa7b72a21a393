// Half of the hand-written scenarios.
import { testScenarios } from './test-scenarios.ts';

testScenarios(0, 2);
