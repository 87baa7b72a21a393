// Flows that a client begins at regular moments to one address, counted without an event for each: between two changes all fare alike.
import type { Outage } from '../observer.ts';

/** `waiting`: kept by the client's kernel until it knows whom to send them to. */
export type Fate = 'delivered' | 'lost' | 'waiting';

type Lost = Pick<Outage, 'fromUs' | 'untilUs' | 'lost'>;

interface Waiting {
  readonly firstUs: number;
  readonly count: number;
}

export class Flows {
  readonly #everyUs: number;
  /** One of them begins then. */
  readonly #phaseUs: number;
  readonly #ended: (outage: Lost) => void;
  #fate: Fate = 'lost';
  #waiting: Waiting | undefined;
  #outage: { readonly fromUs: number; readonly lost: number } | undefined;
  /** Those that begin before are counted. */
  #countedUs: number;
  #count = 0;

  constructor(nowUs: number, phaseUs: number, everyUs: number, ended: (outage: Lost) => void) {
    this.#everyUs = everyUs;
    this.#phaseUs = phaseUs;
    this.#countedUs = nowUs;
    this.#ended = ended;
  }

  get fate(): Fate {
    return this.#fate;
  }

  /** Some were lost, and none was delivered since. */
  get isOut(): boolean {
    return this.#outage !== undefined;
  }

  /** That were begun and counted. */
  get count(): number {
    return this.#count;
  }

  /** When one begins, at the earliest at that time. */
  nextUs(fromUs: number): number {
    return this.#phaseUs + this.#indexFrom(fromUs) * this.#everyUs;
  }

  /** What becomes of those that begin from now on, and of those that wait. */
  become(fate: Fate, nowUs: number): void {
    this.look(nowUs);
    const waiting = this.#waiting;
    this.#fate = fate;
    if (waiting === undefined || fate === 'waiting') return;
    this.#waiting = undefined;
    if (fate === 'lost') this.#lose(waiting.firstUs, waiting.count);
    else this.#deliver(nowUs);
  }

  /** Counts those that began before now. */
  look(nowUs: number): void {
    const firstUs = this.nextUs(this.#countedUs);
    const count = this.#indexFrom(nowUs) - this.#indexFrom(this.#countedUs);
    this.#countedUs = nowUs;
    if (count <= 0) return;
    this.#count += count;
    if (this.#fate === 'delivered') this.#deliver(firstUs);
    else if (this.#fate === 'lost') this.#lose(firstUs, count);
    else this.#waiting = { firstUs: this.#waiting?.firstUs ?? firstUs, count: (this.#waiting?.count ?? 0) + count };
  }

  /** Nothing is begun any more: what is out stays so. */
  finish(nowUs: number): void {
    this.become('lost', nowUs);
    this.#deliver(nowUs);
  }

  #lose(fromUs: number, count: number): void {
    this.#outage = { fromUs: this.#outage?.fromUs ?? fromUs, lost: (this.#outage?.lost ?? 0) + count };
  }

  #deliver(untilUs: number): void {
    if (this.#outage === undefined) return;
    const { fromUs, lost } = this.#outage;
    this.#outage = undefined;
    this.#ended({ fromUs, untilUs, lost });
  }

  /** Number of the first that begins then or later. */
  #indexFrom(us: number): number {
    return Math.ceil((us - this.#phaseUs) / this.#everyUs);
  }
}
