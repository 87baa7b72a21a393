// The channel between the two threads, on a MessagePort. What was received is handed over one message a turn, so that a burst of them is no
// stall; what the other thread does not take is not piled up in its memory.
import type { MessagePort, Worker } from 'node:worker_threads';
import { isReplacedBy, maxUnreadMessages, type Channel, type Message } from '../seam.ts';
import { countTaken, taken, type SharedCounters, type ThreadName } from './shared-counters.ts';

const retryMs = 20;

export class ThreadChannel<Out extends Message, In extends Message> implements Channel<Out, In> {
  readonly #port: MessagePort | Worker;
  readonly #counters: SharedCounters;
  readonly #own: ThreadName;
  readonly #other: ThreadName;
  readonly #inbox: In[] = [];
  #outbox: Out[] = [];
  #handler: ((message: In) => void) | undefined;
  #posted = 0;
  #dropped = 0;
  #retry: NodeJS.Timeout | undefined;

  constructor(port: MessagePort | Worker, counters: SharedCounters, own: ThreadName) {
    this.#port = port;
    this.#counters = counters;
    this.#own = own;
    this.#other = own === 'cluster' ? 'wire' : 'cluster';
    port.on('message', (message: In) => this.#received(message));
  }

  get dropped(): number {
    return this.#dropped;
  }

  post(message: Out): void {
    const before = this.#outbox.length;
    this.#outbox = this.#outbox.filter((waiting) => !isReplacedBy(waiting, message));
    this.#dropped += before - this.#outbox.length;
    this.#outbox.push(message);
    this.#postWaiting();
  }

  onMessage(handler: (message: In) => void): void {
    this.#handler = handler;
    if (this.#inbox.length > 0) setImmediate(() => this.#handOver());
  }

  close(): void {
    clearTimeout(this.#retry);
    this.#handler = undefined;
  }

  #postWaiting(): void {
    clearTimeout(this.#retry);
    while (this.#posted - taken(this.#counters, this.#other) < maxUnreadMessages) {
      const message = this.#outbox.shift();
      if (message === undefined) return;
      this.#posted++;
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origin
      this.#port.postMessage(message);
    }
    if (this.#outbox.length > 0) this.#retry = setTimeout(() => this.#postWaiting(), retryMs);
  }

  #received(message: In): void {
    this.#inbox.push(message);
    if (this.#inbox.length === 1 && this.#handler !== undefined) setImmediate(() => this.#handOver());
  }

  #handOver(): void {
    const message = this.#handler === undefined ? undefined : this.#inbox.shift();
    if (message === undefined) return;
    countTaken(this.#counters, this.#own);
    if (this.#inbox.length > 0) setImmediate(() => this.#handOver());
    this.#handler?.(message);
  }
}
