// The neighbour cache of a simulated kernel, for what its programs send by UDP: by ARP and neighbour discovery on the wire, as Linux does it.
import type { Ip } from '#shared/net/ip.ts';
import type { Random } from '#shared/runtime/random.ts';
import type { Cancel } from '#shared/runtime/clock.ts';
import { learntFromArp } from '../lan/arp-learning.ts';
import { arpRequest } from '../lan/arp-message.ts';
import type { Frame } from '../lan/frame.ts';
import { learntFromAdvertisement, learntFromSolicitation } from '../lan/ndp-learning.ts';
import { unspecified, type NdpMessage } from '../lan/ndp-message.ts';
import {
  linuxTimes,
  noNeighbour,
  stepNeighbour,
  type Neighbour,
  type NeighbourEvent,
  type NeighbourTimes,
} from '../lan/neighbour.ts';
import { ipv4Text } from '../lan/octets.ts';
import { arrivalTypes, type ArrivalType } from '../lan/segment.ts';
import type { UdpPacket } from '../lan/udp-packet.ts';
import type { Scheduler } from '../time/scheduler.ts';

/** What waits for the address of one neighbour (unres_qlen_bytes, for small datagrams). */
const mostWaiting = 100;

interface Entry {
  readonly ip: Ip;
  readonly times: NeighbourTimes;
  neighbour: Neighbour;
  waiting: UdpPacket[];
  /** Infinity: nothing is armed. */
  armedUs: number;
  disarm: Cancel;
}

export interface NeighboursDependencies {
  readonly scheduler: Scheduler;
  readonly random: Random;
  /** A question on the wire; without a MAC to all. */
  readonly ask: (ip: Ip, mac: number | undefined) => void;
  /** The address of what waited is found. */
  readonly found: (packet: UdpPacket, mac: number) => void;
}

/** Those on one interface. */
export class Neighbours {
  readonly #dependencies: NeighboursDependencies;
  readonly #entries = new Map<Ip, Entry>();

  constructor(dependencies: NeighboursDependencies) {
    this.#dependencies = dependencies;
  }

  /** The MAC of one for whom to send something changes nothing: nearly always. */
  known(ip: Ip): number | undefined {
    const neighbour = this.#entries.get(ip)?.neighbour;
    return neighbour !== undefined && 'mac' in neighbour && neighbour.state !== 'stale' ? neighbour.mac : undefined;
  }

  /** The MAC to send to now. Undefined: the packet waits for it, or is lost. */
  use(packet: UdpPacket): number | undefined {
    const { ip } = packet.destination;
    const entry = this.#entries.get(ip) ?? this.#newEntry(ip);
    this.#step(entry, { kind: 'used' });
    if ('mac' in entry.neighbour) return entry.neighbour.mac;
    if (entry.waiting.length < mostWaiting) entry.waiting.push(packet);
    return undefined;
  }

  /** ARP or neighbour discovery came in; `isOurs`: it asks for an address of this machine. */
  heard({ arp, ndp }: Frame, type: ArrivalType, isOurs: boolean): void {
    if (ndp !== undefined) return this.#heardNdp(ndp, type, isOurs);
    if (arp === undefined || arp.senderIp === 0) return;
    const learnt = learntFromArp(arp, type, 'linux');
    const ip = ipv4Text(arp.senderIp);
    let entry = this.#entries.get(ip);
    if (entry === undefined && isOurs && arp.operation === arpRequest && type !== arrivalTypes.otherHost) {
      // Who asks for us is about to send to us: it gets an entry.
      entry = this.#newEntry(ip);
      entry.neighbour = { state: 'failed' };
    }
    if (entry !== undefined && learnt !== undefined) this.#step(entry, learnt);
  }

  #heardNdp(message: NdpMessage, type: ArrivalType, isOurs: boolean): void {
    if (type === arrivalTypes.otherHost) return;
    if (message.kind === 'advertisement') {
      const entry = this.#entries.get(message.target);
      const learnt = entry === undefined ? undefined : learntFromAdvertisement(message);
      if (entry !== undefined && learnt !== undefined) this.#step(entry, learnt);
      return;
    }
    const learnt = isOurs && message.source !== unspecified ? learntFromSolicitation(message) : undefined;
    if (learnt === undefined) return;
    // Who asks for us is about to send to us: it gets an entry.
    const known = this.#entries.get(message.source);
    const entry = known ?? this.#newEntry(message.source);
    if (known === undefined) entry.neighbour = { state: 'failed' };
    this.#step(entry, learnt);
  }

  /** The machine lost its memory. */
  forget(): void {
    for (const { disarm } of this.#entries.values()) disarm();
    this.#entries.clear();
  }

  #newEntry(ip: Ip): Entry {
    const times = linuxTimes(this.#dependencies.random);
    const entry: Entry = { ip, times, neighbour: noNeighbour, waiting: [], armedUs: Infinity, disarm: () => {} };
    this.#entries.set(ip, entry);
    return entry;
  }

  #step(entry: Entry, event: NeighbourEvent): void {
    const { scheduler, ask, found } = this.#dependencies;
    const { neighbour, ask: how } = stepNeighbour(entry.neighbour, event, scheduler.nowUs, entry.times);
    entry.neighbour = neighbour;
    this.#arm(entry, 'timerUs' in neighbour ? neighbour.timerUs : Infinity);
    const mac = 'mac' in neighbour ? neighbour.mac : undefined;
    if (how !== undefined) ask(entry.ip, how === 'unicast' ? mac : undefined);
    if (neighbour.state === 'incomplete') return;
    const waiting = entry.waiting.splice(0);
    if (mac !== undefined) for (const packet of waiting) found(packet, mac);
  }

  #arm(entry: Entry, atUs: number): void {
    if (atUs === entry.armedUs) return;
    entry.disarm();
    entry.armedUs = atUs;
    if (atUs === Infinity) return;
    entry.disarm = this.#dependencies.scheduler.at(atUs, () => {
      entry.armedUs = Infinity;
      this.#step(entry, { kind: 'timer' });
    });
  }
}
