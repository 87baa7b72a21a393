// When nodes meet again that could not hear each other for a while: more of them are up than were for the last seconds. Who was only suspected
// was cut off too; a suspicion that ends at once is no cut.
import type { Clock } from '#shared/runtime/clock.ts';

const cutOffMs = 3_000;

export class Reunions {
  readonly #clock: Pick<Clock, 'nowMs'>;
  #up = 0;
  #sinceMs = -Infinity;

  constructor(clock: Pick<Clock, 'nowMs'>) {
    this.#clock = clock;
  }

  /** `up`: members that are not suspected of anything. */
  hear(up: number): 'met' | undefined {
    if (up === this.#up) return undefined;
    const nowMs = this.#clock.nowMs();
    const hasMet = up > this.#up && nowMs - this.#sinceMs >= cutOffMs;
    this.#up = up;
    this.#sinceMs = nowMs;
    return hasMet ? 'met' : undefined;
  }
}
