// A clock that moves only when told, for tests of one part: timers run in the order of their deadlines, ties in the order they were armed.
import type { Cancel, Clock } from '#shared/runtime/clock.ts';
import { Scheduler } from './scheduler.ts';

export class VirtualClock implements Clock {
  /** For the parts of the simulated world that a test puts around what it tests. */
  readonly scheduler = new Scheduler();
  readonly #epochMs: number;

  constructor(epochMs = Date.UTC(2026, 0, 1)) {
    this.#epochMs = epochMs;
  }

  nowMs(): number {
    return this.scheduler.nowUs / 1000;
  }

  wallMs(): number {
    return this.#epochMs + this.nowMs();
  }

  after(delayMs: number, callback: () => void): Cancel {
    return this.scheduler.after(delayMs * 1000, callback);
  }

  /** Runs everything that is due within `ms`, then stands `ms` later. */
  advance(ms: number): void {
    this.scheduler.runUntil(this.scheduler.nowUs + ms * 1000);
  }
}
