// A clock that moves only when told: timers run in the order of their deadlines, ties in the order they were armed.
import type { Cancel, Clock } from '#shared/runtime/clock.ts';

interface Timer {
  readonly deadlineMs: number;
  readonly sequence: number;
  readonly callback: () => void;
}

export class VirtualClock implements Clock {
  #nowMs = 0;
  #sequence = 0;
  readonly #epochMs: number;
  readonly #timers = new Set<Timer>();

  constructor(epochMs = Date.UTC(2026, 0, 1)) {
    this.#epochMs = epochMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#epochMs + this.#nowMs;
  }

  after(delayMs: number, callback: () => void): Cancel {
    const timer = { deadlineMs: this.#nowMs + delayMs, sequence: this.#sequence++, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Runs everything that is due within `ms`, then stands `ms` later. */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (let timer = this.#next(untilMs); timer !== undefined; timer = this.#next(untilMs)) {
      this.#timers.delete(timer);
      this.#nowMs = timer.deadlineMs;
      timer.callback();
    }
    this.#nowMs = untilMs;
  }

  #next(untilMs: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.deadlineMs > untilMs) continue;
      const earlier =
        first === undefined ||
        timer.deadlineMs < first.deadlineMs ||
        (timer.deadlineMs === first.deadlineMs && timer.sequence < first.sequence);
      if (earlier) first = timer;
    }
    return first;
  }
}
