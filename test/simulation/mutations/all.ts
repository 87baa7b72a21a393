// All mutants.
import { bgpMutants } from './bgp-mutants.ts';
import { controllerMutants } from './controller-mutants.ts';
import { kubeMutants } from './kube-mutants.ts';
import type { Mutant } from './mutant.ts';
import { segmentMutants } from './segment-mutants.ts';
import { speakerMutants } from './speaker-mutants.ts';

export const mutants: readonly Mutant[] = [
  ...controllerMutants,
  ...kubeMutants,
  ...speakerMutants,
  ...segmentMutants,
  ...bgpMutants,
];
