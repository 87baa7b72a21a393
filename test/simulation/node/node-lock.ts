// The lock by which the processes of a simulated node agree which of them runs BGP: whoever waits longest gets it when it is free.
import type { NodeLock } from '#speaker/bgp/node-lock.ts';
import { once } from '../cancel.ts';
import type { Thread } from '../thread.ts';
import type { Scheduler } from '../time/scheduler.ts';

interface Waiting {
  readonly thread: Thread;
  readonly taken: () => void;
}

/** Who waits tries again so often. */
const retryUs = 100_000;
const takingCostUs = 20;

export class SimulatedNodeLock {
  readonly #scheduler: Scheduler;
  readonly #waiting: Waiting[] = [];
  #holder: Waiting | undefined;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  /** The lock as a program sees it: what its thread holds is free when it is dead. */
  forProgram(thread: Thread): NodeLock {
    return {
      take: (taken) => {
        const one: Waiting = { thread, taken };
        this.#waiting.push(one);
        this.#giveAfter(0);
        return once(() => this.#leave(one));
      },
    };
  }

  /** The program is dead. */
  freeBy(thread: Thread): void {
    for (const one of [...this.#waiting, ...(this.#holder === undefined ? [] : [this.#holder])]) {
      if (one.thread === thread) this.#leave(one);
    }
  }

  #leave(one: Waiting): void {
    const at = this.#waiting.indexOf(one);
    if (at >= 0) this.#waiting.splice(at, 1);
    if (this.#holder !== one) return;
    this.#holder = undefined;
    this.#giveAfter(retryUs);
  }

  #giveAfter(us: number): void {
    this.#scheduler.after(us, () => {
      if (this.#holder !== undefined) return;
      const next = this.#waiting.shift();
      this.#holder = next;
      if (next !== undefined) next.thread.receive(() => next.taken(), takingCostUs);
    });
  }
}
