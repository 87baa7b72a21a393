// A stream of things that arrive late but in order: what was sent first is never overtaken.
import type { Scheduler } from '../time/scheduler.ts';

interface Item {
  readonly dueUs: number;
  readonly cause: number;
  readonly work: () => void;
}

export class OrderedDelivery {
  readonly #scheduler: Scheduler;
  /** False: what is due stays here until `resume`. */
  readonly #isOpen: () => boolean;
  #queue: Item[] = [];
  #next = 0;
  #lastUs = 0;
  #isScheduled = false;

  constructor(scheduler: Scheduler, isOpen: () => boolean) {
    this.#scheduler = scheduler;
    this.#isOpen = isOpen;
  }

  push(delayUs: number, work: () => void): void {
    this.#lastUs = Math.max(this.#lastUs, this.#scheduler.nowUs + delayUs);
    this.#queue.push({ dueUs: this.#lastUs, cause: this.#scheduler.cause, work });
    this.resume();
  }

  resume(): void {
    const first = this.#queue[this.#next];
    if (this.#isScheduled || first === undefined || !this.#isOpen()) return;
    this.#isScheduled = true;
    this.#scheduler.at(first.dueUs, () => this.#deliver());
  }

  /** What is under way never arrives. */
  clear(): void {
    this.#queue = [];
    this.#next = 0;
  }

  #deliver(): void {
    this.#isScheduled = false;
    const { nowUs } = this.#scheduler;
    while (this.#isOpen()) {
      const item = this.#queue[this.#next];
      if (item === undefined || item.dueUs > nowUs) break;
      this.#next++;
      this.#scheduler.cause = item.cause;
      item.work();
    }
    if (this.#next === this.#queue.length) this.clear();
    this.resume();
  }
}
