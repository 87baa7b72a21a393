// How a speaker ends (layer2 §9): asked to, it goes on for a moment, so that a newer process of this node can take over unseen; where the Node is
// about to go, it hands its addresses off first.
import type { Cancel, Clock } from '#shared/runtime/clock.ts';
import type { WireObserved } from './seam.ts';
import type { LeavingMode } from './segment/message/leaving.ts';

/** From the moment it was asked. */
const limitsMs: Readonly<Record<LeavingMode, number>> = { restart: 5_000, drain: 20_000 };
/** For what is still to be written and said, before the process is killed. */
const reserveMs = 5_000;

export class Shutdown {
  readonly #clock: Clock;
  readonly #graceMs: number;
  readonly #over: (mode: LeavingMode) => void;
  #mode: LeavingMode | undefined;
  #askedMs: number | undefined;
  #limit: Cancel | undefined;
  #isOver = false;

  /** `graceMs`: from SIGTERM to SIGKILL. `over`: nothing is to be waited for any more; once. */
  constructor(clock: Clock, graceMs: number, over: (mode: LeavingMode) => void) {
    this.#clock = clock;
    this.#graceMs = graceMs;
    this.#over = over;
  }

  get isAsked(): boolean {
    return this.#mode !== undefined;
  }

  /** It is on no LAN: nobody can take over there, and there is nothing to take. */
  askWithoutLan(mode: LeavingMode): void {
    this.ask(mode);
    this.#end();
  }

  /** Again with `drain`: it was to come back, but now its Node is about to go. */
  ask(mode: LeavingMode): void {
    if (this.#isOver || this.#mode === mode || this.#mode === 'drain') return;
    const nowMs = this.#clock.nowMs();
    this.#askedMs ??= nowMs;
    this.#mode = mode;
    this.#limit?.();
    const limitMs = Math.min(limitsMs[mode], this.#graceMs - reserveMs);
    this.#limit = this.#clock.after(Math.max(0, this.#askedMs + limitMs - nowMs), () => this.#end());
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
