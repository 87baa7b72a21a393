// What a LAN does to frames on the way to one receiver: delay, loss, bursts of loss, duplicates, disorder. Loss and delay are each receiver's
// own; each purpose has its own chance, so that a fault more leaves the others' draws alone.
import type { Cancel } from '#shared/runtime/clock.ts';
import { uniform, type Random } from '#shared/runtime/random.ts';
import { once } from '../cancel.ts';
import { randomFor } from '../time/random.ts';

const leastDelayUs = 150;
/** Quantiles of an exponential distribution with a mean of 150 µs. */
const tailUs: readonly number[] = [
  1, 4, 6, 8, 11, 14, 16, 19, 21, 24, 27, 30, 33, 36, 39, 42, 45, 48, 51, 55, 58, 62, 65, 69, 73, 77, 81, 85, 89, 93,
  98, 102, 107, 112, 117, 122, 127, 133, 139, 145, 151, 158, 165, 172, 179, 187, 196, 204, 214, 224, 235, 246, 259, 273,
  288, 304, 323, 345, 370, 400, 438, 489, 566, 732,
];
/** A receiver in bursts of loss hears everything for a while, then nothing: 200 ms and 100 ms on average. */
const goodUs = [100_000, 300_000] as const;
const badUs = [50_000, 150_000] as const;
/** When frames are disordered, so many in a hundred come up to so much later. */
const lateUs = 5_000;
const latePercent = 20;

/** What is kept for one receiver. */
export interface ReceiverState {
  isBad: boolean;
  /** The state holds until then; drawn anew when it is looked at later. */
  untilUs: number;
  /** By sender: what it sends later arrives later. */
  readonly lastArrivalUs: Map<object, number>;
}

export function newReceiver(): ReceiverState {
  return { isBad: false, untilUs: 0, lastArrivalUs: new Map() };
}

export class Impairments {
  readonly #delays: Random;
  readonly #losses: Random;
  readonly #bursts: Random;
  readonly #duplicates: Random;
  readonly #disorder: Random;
  readonly #lossPercents = new Set<{ readonly percent: number }>();
  readonly #duplicatePercents = new Set<{ readonly percent: number }>();
  #burstsActive = 0;
  #disorders = 0;

  constructor(seed: number, segment: string) {
    const random = (purpose: string): Random => randomFor(seed, `${segment} ${purpose}`);
    this.#delays = random('delay');
    this.#losses = random('loss');
    this.#bursts = random('bursts');
    this.#duplicates = random('duplicates');
    this.#disorder = random('disorder');
  }

  lose(percent: number): Cancel {
    return kept(this.#lossPercents, { percent });
  }

  loseInBursts(): Cancel {
    this.#burstsActive++;
    return once(() => this.#burstsActive--);
  }

  duplicate(percent: number): Cancel {
    return kept(this.#duplicatePercents, { percent });
  }

  reorder(): Cancel {
    this.#disorders++;
    return once(() => this.#disorders--);
  }

  /** When the copies of a frame sent now by `sender` arrive at the receiver; none when it is lost. */
  arrivalsUs(nowUs: number, sender: object, receiver: ReceiverState): readonly number[] {
    // Drawn for what is lost too, so that all others keep their delays.
    const delayUs = drawDelayUs(this.#delays);
    if (this.#isLost(nowUs, receiver)) return [];
    const first = this.#arrivalUs(nowUs + delayUs, sender, receiver);
    for (const { percent } of this.#duplicatePercents) {
      if (happens(this.#duplicates, percent)) return [first, first + drawDelayUs(this.#duplicates)];
    }
    return [first];
  }

  #isLost(nowUs: number, receiver: ReceiverState): boolean {
    for (const { percent } of this.#lossPercents) if (happens(this.#losses, percent)) return true;
    return this.#burstsActive > 0 && this.#isInBurst(nowUs, receiver);
  }

  #isInBurst(nowUs: number, receiver: ReceiverState): boolean {
    while (receiver.untilUs <= nowUs) {
      // Nothing was looked at for long: begin somewhere.
      if (nowUs - receiver.untilUs > goodUs[1]) receiver.untilUs = nowUs;
      receiver.isBad = !receiver.isBad;
      const [least, most] = receiver.isBad ? badUs : goodUs;
      receiver.untilUs += uniform(this.#bursts, least, most);
    }
    return receiver.isBad;
  }

  #arrivalUs(atUs: number, sender: object, receiver: ReceiverState): number {
    if (this.#disorders > 0 && happens(this.#disorder, latePercent)) return atUs + uniform(this.#disorder, 0, lateUs);
    const arrivalUs = Math.max(atUs, receiver.lastArrivalUs.get(sender) ?? 0);
    receiver.lastArrivalUs.set(sender, arrivalUs);
    return arrivalUs;
  }
}

function drawDelayUs(random: Random): number {
  return leastDelayUs + (tailUs[random.next32() & 63] ?? 0);
}

function kept<Item>(items: Set<Item>, item: Item): Cancel {
  items.add(item);
  return once(() => items.delete(item));
}

function happens(random: Random, percent: number): boolean {
  return random.next32() < (percent / 100) * 0x1_0000_0000;
}
