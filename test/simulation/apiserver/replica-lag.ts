// How far a replica has come that is some time behind: which revision it knows, and when it will know a later one.
import type { Scheduler } from '../time/scheduler.ts';
import type { Store } from './store.ts';

const kept = 4_096;

export class ReplicaLag {
  readonly #scheduler: Scheduler;
  readonly #store: Store;
  /** When the last revisions came to be, at their remainder by `kept`. */
  readonly #timesUs = new Float64Array(kept);
  #first: number;

  constructor(scheduler: Scheduler, store: Store) {
    this.#scheduler = scheduler;
    this.#store = store;
    this.#first = store.revision + 1;
    store.follow(({ revision }) => {
      this.#timesUs[revision % kept] = scheduler.nowUs;
      this.#first = Math.max(this.#first, revision - kept + 1);
    });
  }

  /** How long until it knows this revision; Infinity: nobody does. */
  waitUs(revision: number, lagMs: number): number {
    if (revision > this.#store.revision) return Infinity;
    if (revision < this.#first) return 0;
    const knownAtUs = (this.#timesUs[revision % kept] ?? 0) + lagMs * 1_000;
    return Math.max(0, knownAtUs - this.#scheduler.nowUs);
  }
}
