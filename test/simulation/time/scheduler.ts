// Simulated time: a heap of what is to happen, in integer microseconds; at one moment in the order in which it was asked for.
import type { Cancel } from '#shared/runtime/clock.ts';

interface Entry {
  readonly atUs: number;
  readonly sequence: number;
  /** The trace line that led to it. */
  readonly cause: number;
  /** Undefined once it is cancelled. */
  work: (() => void) | undefined;
}

export class Scheduler {
  readonly #heap: Entry[] = [];
  #sequence = 0;
  #nowUs = 0;
  #isStopped = false;
  /** The trace line that led to what happens now; 0: none. Whatever is scheduled inherits it. */
  cause = 0;
  /** Entries performed since the start. */
  events = 0;

  get nowUs(): number {
    return this.#nowUs;
  }

  /** At a time that is not past. */
  at(atUs: number, work: () => void): Cancel {
    const entry: Entry = {
      atUs: Math.max(this.#nowUs, Math.ceil(atUs)),
      sequence: this.#sequence++,
      cause: this.cause,
      work,
    };
    this.#push(entry);
    return () => (entry.work = undefined);
  }

  after(delayUs: number, work: () => void): Cancel {
    return this.at(this.#nowUs + delayUs, work);
  }

  /** Nothing more happens after what happens now: time stands still for good. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Performs all that is due until then, and stands there. */
  runUntil(untilUs: number): void {
    for (let first = this.#heap[0]; first !== undefined && first.atUs <= untilUs; first = this.#heap[0]) {
      if (this.#isStopped) return;
      this.#pop();
      if (first.work === undefined) continue;
      this.#nowUs = first.atUs;
      this.cause = first.cause;
      this.events++;
      first.work();
    }
    this.#nowUs = untilUs;
    this.cause = 0;
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(entry);
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above] as Entry;
      if (!isBefore(entry, parent)) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Entry;
    const size = heap.length;
    if (size === 0) return;
    let index = 0;
    for (let child = 1; child < size; child = 2 * index + 1) {
      const right = child + 1;
      if (right < size && isBefore(heap[right] as Entry, heap[child] as Entry)) child = right;
      if (!isBefore(heap[child] as Entry, last)) break;
      heap[index] = heap[child] as Entry;
      index = child;
    }
    heap[index] = last;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.atUs < b.atUs || (a.atUs === b.atUs && a.sequence < b.sequence);
}
