// The clocks of one machine: a monotonic one with an origin and a rate of its own, which may stop with a virtual machine, and a wall clock,
// which may step.
import type { Scheduler } from './time/scheduler.ts';

const epochMs = Date.UTC(2026, 0, 1);

export interface NodeTimeOptions {
  /** What the monotonic clock shows at the start of the simulation. */
  readonly originMs: number;
  /** How much too fast it goes, in parts per million. */
  readonly fastPpm: number;
}

export class NodeTime {
  readonly #scheduler: Scheduler;
  readonly #originMs: number;
  readonly #msPerUs: number;
  #stoppedSinceUs: number | undefined;
  #stoppedUs = 0;
  #wallStepMs = 0;

  constructor(scheduler: Scheduler, { originMs, fastPpm }: NodeTimeOptions) {
    this.#scheduler = scheduler;
    this.#originMs = originMs;
    this.#msPerUs = (1 + fastPpm / 1_000_000) / 1000;
  }

  monotonicMs(): number {
    const untilUs = this.#stoppedSinceUs ?? this.#scheduler.nowUs;
    return this.#originMs + (untilUs - this.#stoppedUs) * this.#msPerUs;
  }

  /** Follows the true time, but for its steps. */
  wallMs(): number {
    return Math.floor(epochMs + this.#wallStepMs + this.#scheduler.nowUs / 1000);
  }

  /** What so long on this machine's monotonic clock is in the simulation's time. */
  us(ms: number): number {
    return Math.ceil(ms / this.#msPerUs);
  }

  stepWall(byMs: number): void {
    this.#wallStepMs += byMs;
  }

  /** The monotonic clock stands still until `go`. */
  stop(): void {
    this.#stoppedSinceUs ??= this.#scheduler.nowUs;
  }

  go(): void {
    if (this.#stoppedSinceUs === undefined) return;
    this.#stoppedUs += this.#scheduler.nowUs - this.#stoppedSinceUs;
    this.#stoppedSinceUs = undefined;
  }
}
