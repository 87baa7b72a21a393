// How a node that is about to go leaves its routes (spec/bgp §9): everybody is asked to use other routes (RFC 8326), has time to do so, and then
// they are withdrawn. Sessions stay.
import type { Cancel, Clock } from '#shared/runtime/clock.ts';
import type { ContributionInputs } from '../desired/bgp/contributions.ts';

export type DrainPhase = ContributionInputs['drain'];

export class Drain {
  readonly #clock: Clock;
  readonly #graceMs: number;
  readonly #changed: () => void;
  #phase: DrainPhase | undefined;
  #waiting: Cancel | undefined;

  /** `changed`: the time that everybody had is over. */
  constructor(clock: Clock, graceMs: number, changed: () => void) {
    this.#clock = clock;
    this.#graceMs = graceMs;
    this.#changed = changed;
  }

  /** A program that starts on such a node announces nothing to be taken back. */
  follow(isDraining: boolean): DrainPhase {
    if (!isDraining) {
      this.stop();
      this.#phase = 'none';
    } else if (this.#phase !== 'none') {
      this.#phase ??= 'over';
    } else {
      this.#phase = 'announced';
      this.#waiting = this.#clock.after(this.#graceMs, () => {
        this.#phase = 'over';
        this.#changed();
      });
    }
    return this.#phase;
  }

  stop(): void {
    this.#waiting?.();
    this.#waiting = undefined;
  }
}
