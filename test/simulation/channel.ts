// The two ends of a channel between threads, in memory: messages arrive in order, a while after they were posted. What the other thread does
// not take is not piled up.
import { isReplacedBy, maxUnreadMessages, type Channel, type Message } from '#speaker/seam.ts';
import type { Scheduler } from './time/scheduler.ts';

/** Where messages arrive: a thread, or in a test of one part something that takes them at once. */
export interface Receiver {
  receive(work: () => void, costUs: number): void;
}

const takingCostUs = 20;

class ChannelEnd<Out extends Message, In extends Message> implements Channel<Out, In> {
  readonly #scheduler: Scheduler;
  readonly #delayUs: () => number;
  readonly #thread: Receiver;
  #other: ChannelEnd<In, Out> | undefined;
  #handler: ((message: In) => void) | undefined;
  #outbox: Out[] = [];
  readonly #early: In[] = [];
  #unread = 0;
  #lastUs = 0;
  dropped = 0;

  constructor(scheduler: Scheduler, delayUs: () => number, thread: Receiver) {
    this.#scheduler = scheduler;
    this.#delayUs = delayUs;
    this.#thread = thread;
  }

  join(other: ChannelEnd<In, Out>): void {
    this.#other = other;
  }

  post(message: Out): void {
    const before = this.#outbox.length;
    this.#outbox = this.#outbox.filter((waiting) => !isReplacedBy(waiting, message));
    this.dropped += before - this.#outbox.length;
    this.#outbox.push(message);
    this.#send();
  }

  onMessage(handler: (message: In) => void): void {
    this.#handler = handler;
    for (const message of this.#early.splice(0)) handler(message);
  }

  #send(): void {
    while (this.#unread < maxUnreadMessages) {
      const message = this.#outbox.shift();
      if (message === undefined) return;
      this.#unread++;
      this.#lastUs = Math.max(this.#lastUs, this.#scheduler.nowUs + this.#delayUs());
      this.#scheduler.at(this.#lastUs, () => this.#other?.arrive(message));
    }
  }

  arrive(message: In): void {
    this.#thread.receive(() => {
      this.#other?.taken();
      if (this.#handler === undefined) this.#early.push(message);
      else this.#handler(message);
    }, takingCostUs);
  }

  taken(): void {
    this.#unread--;
    this.#send();
  }
}

/** Messages are shared, not copied: they are plain data that nobody changes. `delayUs` is asked for each message. */
export function channelPair<Forth extends Message, Back extends Message>(
  scheduler: Scheduler,
  delayUs: () => number,
  [near, far]: readonly [Receiver, Receiver],
): readonly [Channel<Forth, Back>, Channel<Back, Forth>] {
  const nearEnd = new ChannelEnd<Forth, Back>(scheduler, delayUs, near);
  const farEnd = new ChannelEnd<Back, Forth>(scheduler, delayUs, far);
  nearEnd.join(farEnd);
  farEnd.join(nearEnd);
  return [nearEnd, farEnd];
}

/** For a test of one part: takes at once. */
export const atOnce: Receiver = { receive: (work) => work() };
