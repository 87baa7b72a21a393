// How bad the LAN between the nodes is, and has been since a moment: some bounds allow more on a bad one (spec/simulation.md §4).
import type { Fault } from '../faults/fault.ts';
import type { Observer } from '../observer.ts';

/** Of a fault: more than 5 % is lost, or what speakers say to each other does not arrive. */
export function isBadWeather(fault: Fault): boolean {
  switch (fault.kind) {
    case 'loss':
      return fault.percent > 5;
    case 'loss in bursts':
    case 'udp filtered':
    case 'multicast filtered':
    case 'wrong key':
      return true;
    default:
      return false;
  }
}

/** Those of which the bounds speak: they leave everything else as it is. */
export function isWeather({ kind }: Fault): boolean {
  return kind === 'loss' || kind === 'loss in bursts' || kind === 'duplication' || kind === 'reordering';
}

export class LanWeather implements Observer {
  readonly #nowUs: () => number;
  readonly #bad = new Set<Fault>();
  #badUntilUs = -Infinity;
  #arpAloneUntilUs = -Infinity;

  constructor(nowUs: () => number) {
    this.#nowUs = nowUs;
  }

  /** At some moment since then. */
  isBadSince(us: number): boolean {
    return this.#bad.size > 0 || this.#badUntilUs >= us;
  }

  /**
   * At some moment since then speakers knew of each other by ARP alone, of which a burst of loss may take all probes of a round: nobody can tell
   * the living from the dead then, nor settle by claims who has an address.
   */
  isArpAloneSince(us: number): boolean {
    return this.#isArpAlone() || this.#arpAloneUntilUs >= us;
  }

  faultBegan(fault: Fault): void {
    if (isBadWeather(fault)) this.#bad.add(fault);
  }

  faultEnded(fault: Fault): void {
    const wasArpAlone = this.#isArpAlone();
    if (this.#bad.delete(fault)) this.#badUntilUs = this.#nowUs();
    if (wasArpAlone) this.#arpAloneUntilUs = this.#nowUs();
  }

  #isArpAlone(): boolean {
    const kinds = new Set([...this.#bad].map(({ kind }) => kind));
    return kinds.has('loss in bursts') && (kinds.has('udp filtered') || kinds.has('wrong key'));
  }
}
