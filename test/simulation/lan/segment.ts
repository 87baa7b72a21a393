// One Ethernet broadcast domain: a switch, cables to the stations, and what goes wrong on the way.
import type { Ip } from '#shared/net/ip.ts';
import type { Cancel } from '#shared/runtime/clock.ts';
import { uniform, type Random } from '#shared/runtime/random.ts';
import { once } from '../cancel.ts';
import { randomFor } from '../time/random.ts';
import type { Scheduler } from '../time/scheduler.ts';
import type { Trace } from '../trace.ts';
import { describeArp, type ArpMessage } from './arp-message.ts';
import { describeNdp } from './ndp-message.ts';
import { frameOf, headerOctets, type Frame } from './frame.ts';
import { Impairments, newReceiver } from './impairments.ts';
import { broadcastNumber, isGroupMac } from './octets.ts';
import { Switch, type SwitchOptions } from './switch.ts';
import { isOfSegment, type UdpPacket } from './udp-packet.ts';

/** As Linux tells them apart (packet(7)): PACKET_HOST and so on. */
export const arrivalTypes = { host: 0, broadcast: 1, multicast: 2, otherHost: 3 } as const;
export type ArrivalType = (typeof arrivalTypes)[keyof typeof arrivalTypes];

/** What is plugged into a segment: the interface of a node, a client or another host. */
export interface Station {
  /** Of the node, client or host; partitions are made of these. */
  readonly name: string;
  /** Of the interface, as it is now. */
  readonly mac: number;
  receive(frame: Frame, type: ArrivalType): void;
  /** It would serve a packet of a client for the address that reached it now. */
  serves(ip: Ip): boolean;
}

export interface SegmentDependencies {
  readonly scheduler: Scheduler;
  readonly trace: Trace;
  readonly seed: number;
}

/** Some addresses, or all, may be reached or lost from now on. */
export type PathsChanged = (addresses: readonly Ip[] | undefined) => void;

const mtuOctets = 1500;
/** Of what speakers say: so many in a hundred are sent again, and so many of these with a bit changed. */
const replayedPercent = 50;
const mutatedPercent = 20;
const leastReplayDelayUs = 10_000;
const mostReplayDelayUs = 20_000_000;
const replayerMac = 0x02_00_00_06_00_00;

interface Partition {
  readonly stations: ReadonlySet<string>;
  readonly oneWay: boolean;
}

export class Segment {
  readonly name: string;
  readonly #scheduler: Scheduler;
  readonly #trace: Trace;
  readonly #impairments: Impairments;
  readonly #attachments = new Set<Attachment>();
  readonly #switch: Switch<Attachment>;
  readonly #partitions = new Set<Partition>();
  readonly #listeners = new Set<PathsChanged>();
  /** Whose unicasts the switch sends elsewhere. */
  readonly #strayed = new Set<{ readonly station: string }>();
  readonly #replays: Random;
  #replayers = 0;
  #udpFilters = 0;
  #multicastFilters = 0;
  /** When the switch forgets what sends packets the wrong way. */
  readonly #changesAtUs = new Set<number>();
  /** Frames that left a station, since the start. */
  sent = 0;

  constructor(name: string, options: SwitchOptions, { scheduler, trace, seed }: SegmentDependencies) {
    this.name = name;
    this.#scheduler = scheduler;
    this.#trace = trace;
    this.#impairments = new Impairments(seed, name);
    this.#replays = randomFor(seed, `${name} replays`);
    this.#switch = new Switch(options, this.#attachments, () => this.pathsChanged());
  }

  /** The cable is in. */
  attach(station: Station): Attachment {
    const attachment = new Attachment(station, this);
    this.#attachments.add(attachment);
    this.pathsChanged();
    return attachment;
  }

  /** So many frames in a hundred are lost, for each receiver on its own. */
  lose(percent: number): Cancel {
    return this.#impairments.lose(percent);
  }

  /** Each receiver loses everything for 100 ms of each 300 ms or so. */
  loseInBursts(): Cancel {
    return this.#impairments.loseInBursts();
  }

  duplicate(percent: number): Cancel {
    return this.#impairments.duplicate(percent);
  }

  reorder(): Cancel {
    return this.#impairments.reorder();
  }

  /** What the speakers say to each other is dropped, as by a firewall that was not told, until the answer is called. */
  filterUdp(): Cancel {
    this.#udpFilters++;
    return once(() => this.#udpFilters--);
  }

  /** What is sent to this station alone goes elsewhere, as after a wrong entry in the switch's table; what is sent to all arrives. */
  losesUnicasts(station: string): Cancel {
    const strayed = { station };
    this.#strayed.add(strayed);
    this.pathsChanged();
    return once(() => {
      this.#strayed.delete(strayed);
      this.pathsChanged();
    });
  }

  /** Somebody on the LAN sends again, later, some of what speakers said, and some of that with a bit changed. */
  replay(): Cancel {
    this.#replayers++;
    return once(() => this.#replayers--);
  }

  /** The switch answers broadcast questions itself. */
  suppressArp(): Cancel {
    return this.#switch.suppressArp();
  }

  /** What is sent to groups is dropped; broadcasts pass. */
  filterMulticast(): Cancel {
    this.#multicastFilters++;
    return once(() => this.#multicastFilters--);
  }

  /** These stations hear each other only; `oneWay`: the others still hear them. */
  partition(stations: readonly string[], { oneWay }: { readonly oneWay: boolean }): Cancel {
    const partition = { stations: new Set(stations), oneWay };
    this.#partitions.add(partition);
    this.pathsChanged();
    return once(() => {
      this.#partitions.delete(partition);
      this.pathsChanged();
    });
  }

  /** Nothing between them stops what `from` sends to `to`. */
  hears(from: Attachment, to: Attachment): boolean {
    if (!from.isPlugged || from.isMute || !to.isPlugged || to.isDeaf) return false;
    for (const { stations, oneWay } of this.#partitions) {
      const isInside = stations.has(from.station.name);
      if (isInside !== stations.has(to.station.name) && !(oneWay && isInside)) return false;
    }
    return true;
  }

  /** The one that receives what `from` sends to this MAC, if its answers come back. */
  reached(from: Attachment, mac: number): Attachment | undefined {
    const nowUs = this.#scheduler.nowUs;
    const port = this.#switch.portOf(mac, nowUs);
    const isThere = (to: Attachment): boolean =>
      to.station.mac === mac && to !== from && this.hears(from, to) && this.hears(to, from) && !this.#isStrayed(to);
    if (port !== undefined && isThere(port)) return port;
    const found = [...this.#attachments].find(isThere);
    if (port === undefined || found === undefined) return found;
    // The switch still sends it elsewhere.
    this.#pathsChangeAt(this.#switch.forgottenAtUs(mac));
    return undefined;
  }

  /** Tells from now on what may change whether an address is reached through this segment. */
  onPathsChanged(listener: PathsChanged): Cancel {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  pathsChanged(addresses?: readonly Ip[]): void {
    for (const listener of this.#listeners) listener(addresses);
  }

  /** For attachments: true if the frame is on the wire. */
  send(from: Attachment, bytes: Uint8Array): boolean {
    return bytes.length <= mtuOctets + headerOctets && this.sendFrame(from, frameOf(bytes));
  }

  /** For attachments: true if the frame is on the wire. */
  sendFrame(from: Attachment, frame: Frame): boolean {
    if (!from.isPlugged || from.isMute) return false;
    this.sent++;
    this.#record(from, frame);
    if (this.#isFiltered(frame)) return true;
    const { to, answer } = this.#switch.forward(from, frame, this.#scheduler.nowUs);
    this.#sendTo(to, from, frame);
    if (answer !== undefined) this.#carry(this, from, frameOf(answer));
    return true;
  }

  /** For attachments: plugged in or out. */
  unplugged(attachment: Attachment): void {
    this.#switch.forget(attachment);
    this.pathsChanged();
  }

  detach(attachment: Attachment): void {
    this.#attachments.delete(attachment);
    this.unplugged(attachment);
  }

  #sendTo(to: readonly Attachment[], from: Attachment, frame: Frame): void {
    const isToAll = isGroupMac(frame.destination);
    for (const receiver of to) {
      if (receiver === from || !this.hears(from, receiver) || (!isToAll && this.#isStrayed(receiver))) continue;
      this.#carry(from, receiver, frame);
    }
    if (this.#replayers > 0 && frame.udp !== undefined && isOfSegment(frame.udp))
      this.#replayLater(to, frame, frame.udp);
  }

  #isStrayed({ station }: Attachment): boolean {
    for (const strayed of this.#strayed) if (strayed.station === station.name) return true;
    return false;
  }

  #replayLater(to: readonly Attachment[], frame: Frame, udp: UdpPacket): void {
    const random = this.#replays;
    if (uniform(random, 1, 100) > replayedPercent) return;
    const delayUs = uniform(random, leastReplayDelayUs, mostReplayDelayUs);
    const replayed = {
      ...frame,
      source: replayerMac,
      udp: uniform(random, 1, 100) > mutatedPercent ? udp : mutated(udp, random),
    };
    this.#scheduler.after(delayUs, () => {
      if (this.#replayers > 0) for (const receiver of to) if (receiver.isPlugged) this.#carry(this, receiver, replayed);
    });
  }

  #isFiltered({ destination, udp }: Frame): boolean {
    if (this.#udpFilters > 0 && udp !== undefined && isOfSegment(udp)) return true;
    return this.#multicastFilters > 0 && isGroupMac(destination) && destination !== broadcastNumber;
  }

  #record({ station }: Attachment, { arp, ndp, destination }: Frame): void {
    if (arp === undefined && ndp === undefined) return;
    const { event, ip, detail } = ndp === undefined ? describeArp(arp as ArpMessage) : describeNdp(ndp);
    this.#trace.record(station.name, event, ip, isGroupMac(destination) ? detail : `${detail} (unicast)`);
  }

  #carry(sender: object, receiver: Attachment, frame: Frame): void {
    const nowUs = this.#scheduler.nowUs;
    for (const atUs of this.#impairments.arrivalsUs(nowUs, sender, receiver.state)) {
      this.#scheduler.at(atUs, () => receiver.arrive(frame));
    }
  }

  #pathsChangeAt(atUs: number | undefined): void {
    if (atUs === undefined || this.#changesAtUs.has(atUs)) return;
    this.#changesAtUs.add(atUs);
    this.#scheduler.at(atUs, () => {
      this.#changesAtUs.delete(atUs);
      this.pathsChanged();
    });
  }
}

/** The cable between a station and its segment. */
export class Attachment {
  readonly station: Station;
  readonly segment: Segment;
  readonly state = newReceiver();
  #isPlugged = true;
  #deafs = 0;
  #mutes = 0;

  constructor(station: Station, segment: Segment) {
    this.station = station;
    this.segment = segment;
  }

  /** There is a carrier. */
  get isPlugged(): boolean {
    return this.#isPlugged;
  }

  get isDeaf(): boolean {
    return this.#deafs > 0;
  }

  get isMute(): boolean {
    return this.#mutes > 0;
  }

  /** The bytes are the segment's from now on. True if the frame is on the wire. */
  send(bytes: Uint8Array): boolean {
    return this.segment.send(this, bytes);
  }

  sendFrame(frame: Frame): boolean {
    return this.segment.sendFrame(this, frame);
  }

  plug(isPlugged: boolean): void {
    if (isPlugged === this.#isPlugged) return;
    this.#isPlugged = isPlugged;
    if (isPlugged) this.segment.pathsChanged();
    else this.segment.unplugged(this);
  }

  /** Receives nothing until the answer is called; the carrier stays. */
  deafen(): Cancel {
    return this.#count((by) => (this.#deafs += by));
  }

  /** What it sends goes nowhere. */
  mute(): Cancel {
    return this.#count((by) => (this.#mutes += by));
  }

  detach(): void {
    this.#isPlugged = false;
    this.segment.detach(this);
  }

  /** For the segment. */
  arrive(frame: Frame): void {
    if (!this.#isPlugged || this.isDeaf) return;
    this.station.receive(frame, arrivalType(frame.destination, this.station.mac));
  }

  #count(add: (by: number) => void): Cancel {
    add(1);
    this.segment.pathsChanged();
    return once(() => {
      add(-1);
      this.segment.pathsChanged();
    });
  }
}

function arrivalType(destination: number, mac: number): ArrivalType {
  if (destination === mac) return arrivalTypes.host;
  if (destination === broadcastNumber) return arrivalTypes.broadcast;
  return isGroupMac(destination) ? arrivalTypes.multicast : arrivalTypes.otherHost;
}

function mutated(udp: UdpPacket, random: Random): UdpPacket {
  if (!(udp.datagram instanceof Uint8Array)) return udp;
  const datagram = udp.datagram.slice();
  const at = uniform(random, 0, datagram.length - 1);
  datagram[at] = (datagram[at] ?? 0) ^ (1 << uniform(random, 0, 7));
  return { ...udp, datagram };
}
