// When what this process sees of BGP is what is true of the node. An earlier process may have announced all that there is: what this one has not
// told anybody yet is not over before its sessions had the time that peers keep routes for (RFC 4724).
import type { Cancel, Clock } from '#shared/runtime/clock.ts';
import type { BgpView } from '../../bgp-view.ts';

const restartMs = 30_000;

export class Settling {
  readonly #clock: Clock;
  readonly #changed: () => void;
  #timer: Cancel | undefined;
  #isOver = false;

  /** `changed`: time is up. */
  constructor(clock: Clock, changed: () => void) {
    this.#clock = clock;
    this.#changed = changed;
  }

  stop(): void {
    this.#timer?.();
  }

  /** Once it is true it stays true. */
  isOver(view: BgpView): boolean {
    if (this.#isOver || view.phase === 'waiting' || !view.isComplete) return this.#isOver;
    this.#timer ??= this.#clock.after(restartMs, () => {
      this.#isOver = true;
      this.#changed();
    });
    this.#isOver = allTold(view);
    return this.#isOver;
  }
}

/** Every peer that is to hold something holds it. */
function allTold({ peers, peersOfService }: BgpView): boolean {
  const wanted = new Set([...peersOfService.values()].flat());
  return peers.every(({ name, session }) => !wanted.has(name) || session?.isSynced === true);
}
