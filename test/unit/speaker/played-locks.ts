// The lock of BGP on each node, played: processes of a node wait for each other.
import type { NodeLock } from '#speaker/bgp/node-lock.ts';
import type { VirtualClock } from '#test/simulation/time/virtual-clock.ts';

interface Waiting {
  readonly taken: () => void;
}

export class PlayedLocks {
  readonly #clock: VirtualClock;
  /** The first has it. */
  readonly #queues = new Map<string, Waiting[]>();

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  /** How many processes of the node have it or want it. */
  wantedOn(node: string): number {
    return this.#queues.get(node)?.length ?? 0;
  }

  of(node: string): NodeLock {
    const queue = this.#queues.get(node) ?? [];
    this.#queues.set(node, queue);
    return {
      take: (taken) => {
        const one: Waiting = { taken };
        queue.push(one);
        if (queue[0] === one) this.#give(queue);
        return () => {
          const [at, had] = [queue.indexOf(one), queue[0] === one];
          if (at < 0) return;
          queue.splice(at, 1);
          if (had) this.#give(queue);
        };
      },
    };
  }

  #give(queue: readonly Waiting[]): void {
    this.#clock.after(1, () => queue[0]?.taken());
  }
}
