// All mutants. Those of the layer-2 protocol and of BGP come with the code that they break.
import { controllerMutants } from './controller-mutants.ts';
import { kubeMutants } from './kube-mutants.ts';
import type { Mutant } from './mutant.ts';
import { speakerMutants } from './speaker-mutants.ts';

export const mutants: readonly Mutant[] = [...controllerMutants, ...kubeMutants, ...speakerMutants];
