// Turns a storm of changes into few runs of the same work: not before 50 ms after the first change, and never more than a quarter of the time.
import type { Cancel, Clock } from './clock.ts';

const delayMs = 50;
/** After a run that took t the next one starts no earlier than 3t later. */
const restFactor = 3;

export class Coalescer {
  readonly #clock: Clock;
  readonly #work: () => void;
  #restUntilMs = 0;
  #pending: Cancel | undefined;
  #stopped = false;

  constructor(clock: Clock, work: () => void) {
    this.#clock = clock;
    this.#work = work;
  }

  /** Something changed: the work runs soon. */
  trigger(): void {
    if (this.#pending !== undefined || this.#stopped) return;
    const startMs = Math.max(this.#clock.nowMs() + delayMs, this.#restUntilMs);
    this.#pending = this.#clock.after(startMs - this.#clock.nowMs(), () => this.#run());
  }

  stop(): void {
    this.#stopped = true;
    this.#pending?.();
  }

  #run(): void {
    this.#pending = undefined;
    const startedMs = this.#clock.nowMs();
    this.#work();
    const endedMs = this.#clock.nowMs();
    this.#restUntilMs = endedMs + restFactor * (endedMs - startedMs);
  }
}
