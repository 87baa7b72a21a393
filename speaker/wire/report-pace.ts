// How often the wire thread reports: at once where it matters, else at most ten times a second, and once a second where only counters moved.
import type { Cancel, Clock } from '#shared/runtime/clock.ts';

const urgentSpacingMs = 10;
const changeSpacingMs = 100;
const counterSpacingMs = 1000;

export class ReportPace {
  readonly #clock: Clock;
  readonly #report: () => void;
  #lastMs: number;
  #pending: { readonly dueMs: number; readonly cancel: Cancel } | undefined;

  constructor(clock: Clock, report: () => void) {
    this.#clock = clock;
    this.#report = report;
    this.#lastMs = clock.nowMs() - counterSpacingMs;
  }

  counted(): void {
    this.#reportAt(this.#lastMs + counterSpacingMs);
  }

  changed(): void {
    this.#reportAt(this.#lastMs + changeSpacingMs);
  }

  /** What cannot wait, and may come in crowds. */
  urgent(): void {
    this.#reportAt(this.#lastMs + urgentSpacingMs);
  }

  atOnce(): void {
    this.#pending?.cancel();
    this.#pending = undefined;
    this.#lastMs = this.#clock.nowMs();
    this.#report();
  }

  stop(): void {
    this.#pending?.cancel();
  }

  #reportAt(dueMs: number): void {
    if (this.#pending !== undefined && this.#pending.dueMs <= dueMs) return;
    this.#pending?.cancel();
    const cancel = this.#clock.after(Math.max(0, dueMs - this.#clock.nowMs()), () => this.atOnce());
    this.#pending = { dueMs, cancel };
  }
}
