// How a speaker ends (layer2 §9): asked to, it goes on for a moment, so that a newer process of this node can take over unseen; where the Node is
// about to go, it hands its addresses off first.
import type { Cancel, Clock } from '#shared/runtime/clock.ts';
import type { WireObserved } from './seam.ts';
import type { LeavingMode } from './segment/message/leaving.ts';

/** From the moment it was asked. */
const limitsMs: Readonly<Record<LeavingMode, number>> = { restart: 5_000, drain: 20_000 };

export class Shutdown {
  readonly #clock: Clock;
  readonly #over: (mode: LeavingMode) => void;
  #mode: LeavingMode | undefined;
  #askedMs: number | undefined;
  #limit: Cancel | undefined;
  #isOver = false;

  /** `over`: nothing is to be waited for any more; once. */
  constructor(clock: Clock, over: (mode: LeavingMode) => void) {
    this.#clock = clock;
    this.#over = over;
  }

  get isAsked(): boolean {
    return this.#mode !== undefined;
  }

  /** Again with `drain`: it was to come back, but now its Node is about to go. */
  ask(mode: LeavingMode): void {
    if (this.#isOver || this.#mode === mode || this.#mode === 'drain') return;
    const nowMs = this.#clock.nowMs();
    this.#askedMs ??= nowMs;
    this.#mode = mode;
    this.#limit?.();
    this.#limit = this.#clock.after(Math.max(0, this.#askedMs + limitsMs[mode] - nowMs), () => this.#end());
  }

  /** What the wire thread says last. */
  saw({ retired, addresses }: Pick<WireObserved, 'retired' | 'addresses'>): void {
    if (this.#mode === undefined) return;
    if (retired || (this.#mode === 'drain' && addresses.length === 0)) this.#end();
  }

  #end(): void {
    if (this.#isOver || this.#mode === undefined) return;
    this.#isOver = true;
    this.#limit?.();
    this.#over(this.#mode);
  }
}
