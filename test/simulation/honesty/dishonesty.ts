// A scenario in which the world, not the product, breaks an invariant, to see that its checker notices.
import type { Invariant } from '../checkers/checker.ts';
import type { World, WorldOptions } from '../world/world.ts';

export interface Dishonesty {
  readonly breaks: Invariant;
  /** How, for people. */
  readonly how: string;
  /** What is not as usual. */
  readonly options?: Partial<WorldOptions>;
  /** From before the cluster starts until it is broken. */
  readonly play: (world: World) => void;
}

/** Everything is at work, and has been quiet for long enough to be judged. */
export const settledMs = 40_000;

/** A usual cluster that has come up. */
export function settle(world: World): void {
  world.boot();
  world.run(settledMs);
}
