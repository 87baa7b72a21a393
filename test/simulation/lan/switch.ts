// What stands in the middle of a LAN: it learns where a MAC address was last seen and sends there, and to all what it does not know. Fabrics do
// more, each as an option: they answer ARP themselves, refuse what looks forged, and freeze what moves too often.
import type { Cancel } from '#shared/runtime/clock.ts';
import { once } from '../cancel.ts';
import { answerTo, arpRequest, isAnnouncement, type ArpMessage } from './arp-message.ts';
import type { Frame } from './frame.ts';
import { broadcastNumber, isGroupMac } from './octets.ts';

export interface SwitchOptions {
  /** Broadcast requests for pairs of address and MAC that it has seen are answered by the switch and go no further, also for the dead. */
  readonly arpSuppression?: boolean;
  /** What moves 5 times within 180 s stays where it is. */
  readonly duplicateDetection?: boolean;
  /** ARP whose sender MAC is not the frame's source is dropped. */
  readonly arpInspection?: boolean;
  /** Group addresses but the broadcast address are dropped. */
  readonly multicastFilter?: boolean;
}

/** Where a frame goes. */
export interface Forwarding<Port> {
  readonly to: readonly Port[];
  /** Sent back to where the frame came from. */
  readonly answer?: Uint8Array;
}

const ageingUs = 300_000_000;
const movesToFreeze = 5;
const movesWithinUs = 180_000_000;

interface Learnt<Value> {
  value: Value;
  seenUs: number;
  /** The last times it moved, newest last. */
  readonly movesUs: number[];
  isFrozen: boolean;
}

/** What was seen last for each key. */
class Table<Value> {
  readonly #learnt = new Map<number, Learnt<Value>>();
  readonly #freezes: boolean;

  constructor(freezes: boolean) {
    this.#freezes = freezes;
  }

  /** True when it was elsewhere before. */
  learn(key: number, value: Value, nowUs: number): boolean {
    const known = this.#learnt.get(key);
    if (known === undefined) {
      this.#learnt.set(key, { value, seenUs: nowUs, movesUs: [], isFrozen: false });
      return false;
    }
    if (known.value === value) {
      known.seenUs = nowUs;
      return false;
    }
    if (this.#freezes && this.#countMove(known, nowUs)) return false;
    known.value = value;
    known.seenUs = nowUs;
    return true;
  }

  get(key: number, nowUs: number): Value | undefined {
    const known = this.#learnt.get(key);
    return known === undefined || this.#isOld(known, nowUs) ? undefined : known.value;
  }

  /** When it will be forgotten, if nothing is seen of it. */
  forgottenAtUs(key: number): number | undefined {
    const known = this.#learnt.get(key);
    return known === undefined || known.isFrozen ? undefined : known.seenUs + ageingUs;
  }

  forget(value: Value): void {
    for (const [key, known] of this.#learnt) if (known.value === value) this.#learnt.delete(key);
  }

  /** True when it may not move. */
  #countMove(known: Learnt<Value>, nowUs: number): boolean {
    if (known.isFrozen) return true;
    while (known.movesUs.length > 0 && nowUs - (known.movesUs[0] ?? 0) > movesWithinUs) known.movesUs.shift();
    known.movesUs.push(nowUs);
    known.isFrozen = known.movesUs.length >= movesToFreeze;
    return known.isFrozen;
  }

  #isOld({ seenUs, isFrozen }: Learnt<Value>, nowUs: number): boolean {
    return !isFrozen && nowUs >= seenUs + ageingUs;
  }
}

export class Switch<Port> {
  readonly #options: SwitchOptions;
  readonly #ports: ReadonlySet<Port>;
  readonly #macs: Table<Port>;
  /** IPv4 address to MAC, for ARP suppression. */
  readonly #pairs: Table<number>;
  readonly #moved: () => void;
  #suppressors = 0;

  /** `moved`: a MAC that was known is now sent elsewhere. */
  constructor(options: SwitchOptions, ports: ReadonlySet<Port>, moved: () => void) {
    this.#options = options;
    this.#ports = ports;
    this.#macs = new Table(options.duplicateDetection === true);
    this.#pairs = new Table(options.duplicateDetection === true);
    this.#moved = moved;
  }

  forward(from: Port, frame: Frame, nowUs: number): Forwarding<Port> {
    const { arp, source, destination } = frame;
    if (this.#options.arpInspection === true && arp !== undefined && arp.senderMac !== source) return { to: [] };
    if (!isGroupMac(source) && this.#macs.learn(source, from, nowUs)) this.#moved();
    if (arp !== undefined && arp.senderIp !== 0) this.#pairs.learn(arp.senderIp, arp.senderMac, nowUs);
    if (arp !== undefined && (this.#suppressors > 0 || this.#options.arpSuppression === true)) {
      const answer = this.#suppress(arp, destination, nowUs);
      if (answer !== undefined) return { to: [], answer };
    }
    if (isGroupMac(destination)) {
      const isDropped = this.#options.multicastFilter === true && destination !== broadcastNumber;
      return { to: isDropped ? [] : [...this.#ports] };
    }
    const port = this.#macs.get(destination, nowUs);
    return { to: port === undefined ? [...this.#ports] : [port] };
  }

  /** Where it sends what is for this MAC; undefined: everywhere. */
  portOf(mac: number, nowUs: number): Port | undefined {
    return this.#macs.get(mac, nowUs);
  }

  forgottenAtUs(mac: number): number | undefined {
    return this.#macs.forgottenAtUs(mac);
  }

  /** As with `arpSuppression`, until the answer is called. */
  suppressArp(): Cancel {
    this.#suppressors++;
    return once(() => this.#suppressors--);
  }

  /** A cable was pulled. */
  forget(port: Port): void {
    this.#macs.forget(port);
  }

  /** The answer that it gives itself. */
  #suppress(arp: ArpMessage, destination: number, nowUs: number): Uint8Array | undefined {
    if (arp.operation !== arpRequest || destination !== broadcastNumber || isAnnouncement(arp)) return undefined;
    const mac = this.#pairs.get(arp.targetIp, nowUs);
    return mac === undefined || mac === arp.senderMac ? undefined : answerTo(arp, mac);
  }
}
