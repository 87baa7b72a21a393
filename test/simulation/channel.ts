// The two ends of a channel in memory: messages arrive in order, a while after they were posted.
import type { Clock } from '#shared/runtime/clock.ts';
import type { Channel } from '#speaker/seam.ts';

class ChannelEnd<Out, In> implements Channel<Out, In> {
  readonly dropped = 0;
  readonly #clock: Clock;
  readonly #delayMs: number;
  #other: ChannelEnd<In, Out> | undefined;
  #handler: ((message: In) => void) | undefined;
  readonly #early: In[] = [];

  constructor(clock: Clock, delayMs: number) {
    this.#clock = clock;
    this.#delayMs = delayMs;
  }

  join(other: ChannelEnd<In, Out>): void {
    this.#other = other;
  }

  post(message: Out): void {
    const copy = structuredClone(message);
    this.#clock.after(this.#delayMs, () => this.#other?.deliver(copy));
  }

  onMessage(handler: (message: In) => void): void {
    this.#handler = handler;
    for (const message of this.#early.splice(0)) handler(message);
  }

  deliver(message: In): void {
    if (this.#handler === undefined) this.#early.push(message);
    else this.#handler(message);
  }
}

export function channelPair<Forth, Back>(
  clock: Clock,
  delayMs: number,
): readonly [Channel<Forth, Back>, Channel<Back, Forth>] {
  const near = new ChannelEnd<Forth, Back>(clock, delayMs);
  const far = new ChannelEnd<Back, Forth>(clock, delayMs);
  near.join(far);
  far.join(near);
  return [near, far];
}
