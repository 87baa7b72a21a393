// Keeps two speakers that disagree about who owns an address from replacing each other's status objects for ever: after a loss an object is
// put back only 5 s later, and after the second loss within a minute not for 10 min.
import type { Clock } from '#shared/runtime/clock.ts';

const restoreAfterMs = 5_000;
const windowMs = 60_000;
const pauseMs = 600_000;

interface Losses {
  readonly lastMs: number;
  readonly heldUntilMs: number;
  readonly contended: boolean;
}

export class Contention {
  readonly #clock: Clock;
  readonly #losses = new Map<string, Losses>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Somebody else deleted or replaced the object. */
  lost(name: string): void {
    const nowMs = this.#clock.nowMs();
    const before = this.#losses.get(name);
    const contended = before !== undefined && nowMs - before.lastMs < windowMs;
    this.#losses.set(name, { lastMs: nowMs, heldUntilMs: nowMs + (contended ? pauseMs : restoreAfterMs), contended });
  }

  /** This node does not want it any more: whoever replaced it was right to. */
  forgive(name: string): void {
    this.#losses.delete(name);
  }

  /** Those who disagreed can hear each other again, and will not disagree for long. */
  forgiveAll(): void {
    this.#losses.clear();
  }

  /** How long the object must not be written yet; 0 when it may. */
  heldForMs(name: string): number {
    return Math.max(0, (this.#losses.get(name)?.heldUntilMs ?? 0) - this.#clock.nowMs());
  }

  /** Names that are given up for a while. Forgets losses that are long past. */
  contended(): readonly string[] {
    const nowMs = this.#clock.nowMs();
    for (const [name, { lastMs, heldUntilMs }] of this.#losses) {
      if (nowMs - lastMs >= windowMs && nowMs >= heldUntilMs) this.#losses.delete(name);
    }
    return [...this.#losses]
      .filter(([, losses]) => losses.contended && nowMs < losses.heldUntilMs)
      .map(([name]) => name);
  }
}
