// Notices that this thread did not run for a while: stopped, starved, or frozen with its machine. What happened meanwhile it learns only now,
// so what waited is old and must not be acted on as if it were news.
import type { Cancel, Clock } from '#shared/runtime/clock.ts';

const tickMs = 25;

export class OwnGap {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #noticed: (lateMs: number) => void;
  #dueMs: number;
  #cancel: Cancel;

  /** A turn that starts later than `limitMs` is a gap. */
  constructor(limitMs: number, clock: Clock, noticed: (lateMs: number) => void) {
    this.#limitMs = limitMs;
    this.#clock = clock;
    this.#noticed = noticed;
    this.#dueMs = clock.nowMs() + tickMs;
    this.#cancel = this.#arm();
  }

  /** To be called first in every turn, whatever it is about: true if a gap has just ended. It is noticed once. */
  check(): boolean {
    const lateMs = this.#clock.nowMs() - this.#dueMs;
    if (lateMs <= this.#limitMs) return false;
    this.#dueMs = this.#clock.nowMs() + tickMs;
    this.#noticed(lateMs);
    return true;
  }

  stop(): void {
    this.#cancel();
  }

  #arm(): Cancel {
    return this.#clock.after(tickMs, this.#tick);
  }

  readonly #tick = (): void => {
    this.check();
    this.#dueMs = this.#clock.nowMs() + tickMs;
    this.#cancel = this.#arm();
  };
}
