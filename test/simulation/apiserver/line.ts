// The one TCP connection of a process to the apiserver. While it is cut, both ends send on, and nothing is lost: TCP repeats it later, at growing
// intervals, unless the connection is given up first.
import { uniform, type Random } from '#shared/runtime/random.ts';
import type { Scheduler } from '../time/scheduler.ts';

/** Two and a half PINGs without an answer, seen at the next one. */
const soonestGiveUpUs = 37_500_000;
const pingUs = 15_000_000;
const longestRepeatUs = 30_000_000;

export class Line {
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #isCutOff: () => boolean;
  readonly #listener: { opened(): void; givenUp(): void };
  #held: (() => void)[] = [];
  /** Messages of an earlier connection do not arrive on a later one. */
  #number = 0;
  #isEstablished = false;
  #cutSinceUs: number | undefined;

  constructor(
    scheduler: Scheduler,
    random: Random,
    isCutOff: () => boolean,
    listener: { opened(): void; givenUp(): void },
  ) {
    this.#scheduler = scheduler;
    this.#random = random;
    this.#isCutOff = isCutOff;
    this.#listener = listener;
  }

  /** Messages come through. */
  get isOpen(): boolean {
    return this.#cutSinceUs === undefined && !this.#isCutOff();
  }

  /** False: to connect is in vain now. */
  get canSend(): boolean {
    return this.#isEstablished || this.isOpen;
  }

  carry(delayUs: number, work: () => void): void {
    this.#isEstablished = true;
    const number = this.#number;
    this.#scheduler.after(delayUs, () => {
      if (number !== this.#number) return;
      if (this.isOpen) work();
      else this.#held.push(work);
    });
  }

  /** Whether the way is open may be otherwise than before. */
  reachabilityChanged(): void {
    if (this.#isCutOff()) this.#cut();
    else if (this.#cutSinceUs !== undefined) this.#repeat(this.#cutSinceUs);
  }

  /** What is under way never arrives. */
  drop(): void {
    this.#number++;
    this.#held = [];
  }

  breakOff(): void {
    this.drop();
    this.#isEstablished = false;
    if (!this.#isCutOff()) this.#cutSinceUs = undefined;
  }

  #cut(): void {
    if (this.#cutSinceUs !== undefined) return;
    const sinceUs = this.#scheduler.nowUs;
    this.#cutSinceUs = sinceUs;
    this.#scheduler.after(soonestGiveUpUs + uniform(this.#random, 0, pingUs), () => {
      if (this.#cutSinceUs === sinceUs && this.#isEstablished) this.#listener.givenUp();
    });
  }

  #repeat(sinceUs: number): void {
    if (!this.#isEstablished) return this.#open();
    const longestUs = Math.min(longestRepeatUs, this.#scheduler.nowUs - sinceUs);
    this.#scheduler.after(uniform(this.#random, 0, longestUs), () => {
      if (this.#cutSinceUs === sinceUs && !this.#isCutOff()) this.#open();
    });
  }

  #open(): void {
    this.#cutSinceUs = undefined;
    this.#listener.opened();
    const held = this.#held;
    this.#held = [];
    for (const work of held) work();
  }
}
