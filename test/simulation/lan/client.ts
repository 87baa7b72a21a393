// A host on a LAN that uses addresses: to each it begins a new flow every so often, sent to whom its neighbour cache says. Only what the cache
// does costs events; the flows are counted.
import assert from 'node:assert';
import { familyOf, type Ip } from '#shared/net/ip.ts';
import type { Mac } from '#shared/net/mac.ts';
import type { Cancel } from '#shared/runtime/clock.ts';
import { uniform, type Random } from '#shared/runtime/random.ts';
import { once } from '../cancel.ts';
import type { Observer } from '../observer.ts';
import { randomFor } from '../time/random.ts';
import type { Scheduler } from '../time/scheduler.ts';
import type { Trace } from '../trace.ts';
import { learntFromArp, type ClientKind } from './arp-learning.ts';
import { answerTo, arpRequest, writeArp } from './arp-message.ts';
import { Flows, type Fate } from './flows.ts';
import type { Frame } from './frame.ts';
import { learntFromAdvertisement } from './ndp-learning.ts';
import { ndpAnswer, ndpQuestion, type NdpMessage } from './ndp-message.ts';
import {
  linuxTimes,
  noNeighbour,
  stepNeighbour,
  type Neighbour,
  type NeighbourEvent,
  type NeighbourTimes,
} from './neighbour.ts';
import { broadcastNumber, ipv4Number, macNumber, macText } from './octets.ts';
import { arrivalTypes, type ArrivalType, type Attachment, type Segment, type Station } from './segment.ts';

export interface ClientOptions {
  readonly name: string;
  readonly mac: Mac;
  readonly ip: Ip;
  /** Without one it uses no IPv6 addresses. */
  readonly ipv6?: Ip | undefined;
  readonly segment: Segment;
  readonly kind?: ClientKind;
  readonly flowEveryMs?: number;
  /** Others than a kernel has by default. */
  readonly times?: Partial<NeighbourTimes>;
}

export interface ClientDependencies {
  readonly scheduler: Scheduler;
  readonly trace: Trace;
  readonly seed: number;
  readonly observer: Pick<Observer, 'outage'>;
}

const usualFlowEveryMs = 20;
/** The kernel draws anew how long its entries are reachable. */
const drawEveryUs = 300_000_000;
const longReachableUs = 4 * 3_600_000_000;

/** An IPv4 address as a number: ARP comes often. */
type Key = number | Ip;

interface Use {
  readonly ip: Ip;
  readonly flows: Flows;
  neighbour: Neighbour;
  /** Infinity: nothing is armed. */
  armedUs: number;
  disarm: Cancel;
}

export class Client implements Station {
  readonly name: string;
  readonly mac: number;
  readonly attachment: Attachment;
  readonly #ip: number;
  readonly #ipv6: Ip | undefined;
  readonly #kind: ClientKind;
  readonly #flowEveryUs: number;
  readonly #fixedTimes: Partial<NeighbourTimes>;
  readonly #dependencies: ClientDependencies;
  readonly #random: Random;
  readonly #uses = new Map<Key, Use>();
  /** Addresses to look at when all that happens now has happened; undefined: none; `all`. */
  #changed: Set<Ip> | 'all' | undefined;
  #times: NeighbourTimes | undefined;
  #drawnUntilUs = 0;
  #endedFlows = 0;

  constructor(options: ClientOptions, dependencies: ClientDependencies) {
    const { name, mac, ip, ipv6, segment, kind = 'linux', flowEveryMs = usualFlowEveryMs, times = {} } = options;
    this.name = name;
    this.mac = macNumber(mac);
    this.#ip = ipv4Number(ip);
    this.#ipv6 = ipv6;
    this.#kind = kind;
    this.#flowEveryUs = flowEveryMs * 1000;
    this.#fixedTimes = kind === 'long' ? { reachableUs: longReachableUs, ...times } : times;
    this.#dependencies = dependencies;
    this.#random = randomFor(dependencies.seed, `client ${name}`);
    this.attachment = segment.attach(this);
    segment.onPathsChanged((addresses) => this.#pathsChanged(addresses));
  }

  /** Flows begun so far. */
  get flows(): number {
    let sum = this.#endedFlows;
    for (const { flows } of this.#uses.values()) {
      flows.look(this.#nowUs);
      sum += flows.count;
    }
    return sum;
  }

  /** Uses the address until the answer is called; the first flow begins within the time from one to the next. */
  use(ip: Ip): Cancel {
    const key = keyOf(ip);
    assert(!this.#uses.has(key), `${this.name} uses ${ip} already`);
    const phaseUs = this.#nowUs + uniform(this.#random, 0, this.#flowEveryUs - 1);
    const flows = new Flows(this.#nowUs, phaseUs, this.#flowEveryUs, (lost) =>
      this.#dependencies.observer.outage?.({ client: this.name, ip, ...lost }),
    );
    const use: Use = { ip, flows, neighbour: noNeighbour, armedUs: Infinity, disarm: () => {} };
    this.#uses.set(key, use);
    this.#arm(use);
    return once(() => {
      if (this.#uses.get(key) !== use) return;
      this.#uses.delete(key);
      this.#endUse(use);
    });
  }

  /** One packet to an address that it uses, beside the flows. */
  touch(ip: Ip): void {
    const use = this.#uses.get(keyOf(ip));
    if (use !== undefined) this.#step(use, { kind: 'used' });
  }

  /** New flows to the address are served now. */
  reaches(ip: Ip): boolean {
    return this.#uses.get(keyOf(ip))?.flows.fate === 'delivered';
  }

  /** What it believes of the address, as `ip neighbour` shows it. */
  neighbour(ip: Ip): Neighbour {
    return this.#uses.get(keyOf(ip))?.neighbour ?? noNeighbour;
  }

  /** The simulation is over: what is out is told. */
  finish(): void {
    for (const use of this.#uses.values()) this.#endUse(use);
    this.#uses.clear();
  }

  receive(frame: Frame, type: ArrivalType): void {
    if (frame.ndp !== undefined) return this.#receiveNdp(frame.ndp, frame.source, type);
    const { arp } = frame;
    if (arp === undefined) return;
    if (arp.operation === arpRequest && arp.targetIp === this.#ip && type !== arrivalTypes.otherHost) {
      this.attachment.send(answerTo(arp, this.mac));
      return;
    }
    const use = this.#uses.get(arp.senderIp);
    if (use === undefined) return;
    const event = learntFromArp(arp, type, this.#kind);
    if (event !== undefined) this.#step(use, event);
  }

  /** Nobody's flows end here. */
  serves(): boolean {
    return false;
  }

  #receiveNdp(message: NdpMessage, source: number, type: ArrivalType): void {
    if (type === arrivalTypes.otherHost) return;
    if (message.kind === 'solicitation') {
      if (message.target === this.#ipv6) this.attachment.send(ndpAnswer(message, source, this.mac));
      return;
    }
    const use = this.#uses.get(message.target);
    const event = use === undefined ? undefined : learntFromAdvertisement(message);
    if (use !== undefined && event !== undefined) this.#step(use, event);
  }

  #step(use: Use, event: NeighbourEvent): void {
    const { neighbour, ask } = stepNeighbour(use.neighbour, event, this.#nowUs, this.#timesNow());
    const before = use.neighbour;
    use.neighbour = neighbour;
    if (ask !== undefined) this.#ask(use, ask === 'unicast' ? macIn(neighbour) : undefined);
    if (neighbour.state !== before.state || macIn(neighbour) !== macIn(before)) this.#judge(use);
    this.#arm(use);
  }

  /** One timer at most: what the cache waits for, or the next flow where it waits to be used. */
  #arm(use: Use): void {
    const atUs = this.#dueUs(use);
    if (atUs === use.armedUs) return;
    use.disarm();
    use.armedUs = atUs;
    if (atUs === Infinity) return;
    use.disarm = this.#dependencies.scheduler.at(atUs, () => {
      use.armedUs = Infinity;
      this.#step(use, { kind: timerOf(use.neighbour) === undefined ? 'used' : 'timer' });
    });
  }

  #dueUs({ neighbour, flows }: Use): number {
    return timerOf(neighbour) ?? flows.nextUs(this.#nowUs);
  }

  #ask({ ip }: Use, mac: number | undefined): void {
    if (familyOf(ip) === 'IPv6') {
      assert(this.#ipv6 !== undefined, `${this.name} has no IPv6 address`);
      this.attachment.send(ndpQuestion({ mac: this.mac, ip: this.#ipv6 }, ip, mac));
      return;
    }
    const target = { targetMac: 0, targetIp: ipv4Number(ip) };
    const message = { operation: arpRequest, senderMac: this.mac, senderIp: this.#ip, ...target };
    this.attachment.send(writeArp(mac ?? broadcastNumber, message));
  }

  #pathsChanged(addresses: readonly Ip[] | undefined): void {
    if (this.#changed === undefined) {
      this.#dependencies.scheduler.after(0, () => this.#lookAtChanged());
      this.#changed = new Set();
    }
    if (addresses === undefined) this.#changed = 'all';
    else if (this.#changed !== 'all') for (const ip of addresses) this.#changed.add(ip);
  }

  #lookAtChanged(): void {
    const changed = this.#changed;
    this.#changed = undefined;
    if (changed === 'all') for (const use of this.#uses.values()) this.#judge(use);
    else if (changed !== undefined) {
      for (const ip of changed) {
        const use = this.#uses.get(keyOf(ip));
        if (use !== undefined) this.#judge(use);
      }
    }
  }

  /** What becomes of flows from now on. */
  #judge(use: Use): void {
    const { flows, neighbour, ip } = use;
    const before = flows.fate;
    const fate = this.#fate(use);
    if (fate === before) return;
    flows.become(fate, this.#nowUs);
    const mac = macIn(neighbour);
    const detail = mac === undefined ? neighbour.state : macText(mac);
    this.#dependencies.trace.record(this.name, `flows ${fate}`, ip, detail);
    if (flows.isOut && fate === 'delivered') {
      // The next one ends the outage.
      this.#dependencies.scheduler.at(flows.nextUs(this.#nowUs) + 1, () => flows.look(this.#nowUs));
    }
  }

  #fate({ neighbour, ip }: Use): Fate {
    const mac = macIn(neighbour);
    if (mac === undefined) return neighbour.state === 'incomplete' ? 'waiting' : 'lost';
    const port = this.attachment.segment.reached(this.attachment, mac);
    return port !== undefined && port.station.serves(ip) ? 'delivered' : 'lost';
  }

  #endUse({ flows, disarm }: Use): void {
    disarm();
    flows.finish(this.#nowUs);
    this.#endedFlows += flows.count;
  }

  #timesNow(): NeighbourTimes {
    if (this.#times === undefined || this.#nowUs >= this.#drawnUntilUs) {
      this.#drawnUntilUs = this.#nowUs + drawEveryUs;
      this.#times = { ...linuxTimes(this.#random), ...this.#fixedTimes };
    }
    return this.#times;
  }

  get #nowUs(): number {
    return this.#dependencies.scheduler.nowUs;
  }
}

function keyOf(ip: Ip): Key {
  return familyOf(ip) === 'IPv4' ? ipv4Number(ip) : ip;
}

function macIn(neighbour: Neighbour): number | undefined {
  return 'mac' in neighbour ? neighbour.mac : undefined;
}

/** Undefined: it waits for nothing but to be used. */
function timerOf(neighbour: Neighbour): number | undefined {
  return 'timerUs' in neighbour && neighbour.timerUs < Infinity ? neighbour.timerUs : undefined;
}
