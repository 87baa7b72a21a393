// A rule of the programs broken on purpose, to see that the simulator notices.
export interface Mutant {
  readonly name: string;
  /** From the root of the project. */
  readonly file: string;
  /** Must be there exactly once: a rule that moved must move its mutant. */
  readonly find: string;
  readonly replace: string;
  /** One of these has to be violated in some run: an invariant, or the name of the scenario. */
  readonly caughtBy: readonly string[];
  /** Played first, with all their seeds. */
  readonly scenarios?: readonly string[];
  /** Then so many seeds of the soak, from 1 on. */
  readonly soakSeeds?: number;
}
