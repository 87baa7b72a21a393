// A hand-written run: what there is, what happens step by step, and what is expected beyond the invariants.
import type { Topology } from '../play/simulation-case.ts';
import type { Stage } from '../play/stage.ts';

export interface Scenario {
  /** Named after the behaviour; also what its own expectations are called when they fail. */
  readonly name: string;
  readonly topology: Topology;
  /** It is played with each of these. */
  readonly seeds: readonly number[];
  /** Begins when the cluster has been told to start. */
  readonly script: (stage: Stage) => void;
}
