// A small deterministic LAN of segment engines: lossy multicast and unicast, kernels that answer for their own addresses whatever the speaker
// does, a gateway, partitions, pauses. Enough to develop the engines in; the simulator runs them in the real shell.
import type { Ip } from '#shared/net/ip.ts';
import type { Mac } from '#shared/net/mac.ts';
import type { Cancel, Untimed } from '#shared/runtime/clock.ts';
import { uniform, type Random } from '#shared/runtime/random.ts';
import type { SegmentEffect } from '#speaker/segment/effect.ts';
import type { ClusterNode, OwnCondition, SegmentEvent } from '#speaker/segment/event.ts';
import { noFlags } from '#speaker/segment/message/member-flags.ts';
import type { Header } from '#speaker/segment/message/header.ts';
import type { Message } from '#speaker/segment/message/message.ts';
import type { NodeId } from '#speaker/segment/node-id.ts';
import type { Candidate, DesiredAddress, SavedAddress } from '#speaker/segment/ownership/desired-address.ts';
import { profiles, type Profile } from '#speaker/segment/profile.ts';
import { initialSegment, stepSegment } from '#speaker/segment/segment.ts';
import { randomFor } from '#test/simulation/time/random.ts';
import { Scheduler } from '#test/simulation/time/scheduler.ts';
import { gatewayIp, Node, port } from './node-on-lan.ts';

type Effect<Kind extends SegmentEffect['kind']> = Extract<SegmentEffect, { kind: Kind }>;

export interface Announcement {
  readonly atMs: number;
  readonly node: number;
  readonly ip: Ip;
}

/** A time during which an address was answered by more than one node of a side of the LAN, or by none. */
export interface Irregularity {
  readonly ip: Ip;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Sent {
  readonly atMs: number;
  readonly from: number;
  readonly message: Message;
  readonly joining: boolean;
}

interface Options {
  readonly seed: number;
  readonly nodes: number;
  readonly addresses: number;
  readonly lossPercent?: number;
  readonly profile?: Profile;
  readonly gateway?: boolean;
  readonly change?: (address: DesiredAddress) => DesiredAddress;
  /** How datagrams travel; as objects unless said otherwise. */
  readonly carry?: (from: Node, to: Node, header: Header, message: Message) => Message | undefined;
}

const gatewayMac = '02:00:00:00:ff:fe' as Mac;
const maxEventsAtOnce = 10_000;

export class LanOfEngines {
  readonly scheduler = new Scheduler();
  readonly nodes: readonly Node[];
  readonly announcements: Announcement[] = [];
  readonly effects: { readonly atMs: number; readonly node: number; readonly effect: SegmentEffect }[] = [];
  readonly sent: Sent[] = [];
  readonly #options: Options;
  readonly #random: Random;
  readonly #byIp: ReadonlyMap<Ip, Node>;
  readonly #dualSince = new Map<Ip, number>();
  readonly #noneSince = new Map<Ip, number>();
  #atOnce = 0;
  #atOnceUs = -1;
  readonly dual: Irregularity[] = [];
  readonly unanswered: Irregularity[] = [];
  desired: readonly DesiredAddress[];
  cluster: ReadonlyMap<NodeId, ClusterNode>;
  lossPercent: number;
  gateway: boolean;
  /** Side of each node; those of different sides do not hear each other. The gateway is on side 0. */
  readonly sides: number[];
  keepSent = false;

  constructor(options: Options) {
    this.#options = options;
    this.#random = randomFor(options.seed, 'lan');
    this.lossPercent = options.lossPercent ?? 0;
    this.gateway = options.gateway ?? true;
    this.nodes = Array.from({ length: options.nodes }, (_, index) => new Node(index + 1, options.seed));
    this.sides = this.nodes.map(() => 0);
    this.#byIp = new Map(this.nodes.map((node) => [node.ip, node]));
    const candidates: ReadonlyMap<NodeId, Candidate> = new Map(
      this.nodes.map(({ id }) => [id, { interfaces: 'any', preference: 0, hasReadyEndpoint: true }]),
    );
    const change = options.change ?? ((address) => address);
    this.desired = Array.from({ length: options.addresses }, (_, index) => {
      const ip = `10.0.${100 + (index >> 8)}.${index & 255}` as Ip;
      return change({ ip, placementKey: ip, candidates, answer: true, release: false });
    });
    this.cluster = new Map(
      this.nodes.map(({ id, name, ip }) => [
        id,
        { id, name, addresses: [ip], ready: true, speaker: true, outOfService: false },
      ]),
    );
  }

  get nowMs(): number {
    return this.scheduler.nowUs / 1000;
  }

  run(ms: number): void {
    this.scheduler.runUntil(this.scheduler.nowUs + ms * 1000);
  }

  at(atMs: number, work: () => void): void {
    this.scheduler.at(atMs * 1000, work);
  }

  /** Starts all speakers at once and lets them find each other and take what is wanted. */
  settle(savedAddresses: readonly SavedAddress[] = []): void {
    for (const node of this.nodes) {
      this.scheduler.after(uniform(this.#random, 0, 300_000), () => this.start(node, savedAddresses));
    }
    this.run(4_000);
    this.dual.length = 0;
    this.unanswered.length = 0;
    this.announcements.length = 0;
    this.effects.length = 0;
    this.sent.length = 0;
  }

  start(node: Node, savedAddresses: readonly SavedAddress[] = []): void {
    node.powered = true;
    node.running = true;
    node.incarnation++;
    node.sequence = 0;
    node.state = initialSegment(node.id, node.link(true));
    this.dispatch(node, { kind: 'link', link: node.link(true) });
    this.dispatch(node, { kind: 'cluster', nodes: this.cluster });
    this.dispatch(node, { kind: 'condition', condition: this.condition({}) });
    this.dispatch(node, { kind: 'desired', addresses: this.desired, isLast: true });
    this.dispatch(node, { kind: 'start', savedRoster: [...this.cluster.keys()], savedAddresses });
  }

  condition(flags: Partial<OwnCondition['flags']>, rest: Partial<OwnCondition> = {}): OwnCondition {
    return { flags: { ...noFlags, ...flags }, cannotForward: false, ending: false, ...rest };
  }

  /** The process ends without a word; its machine goes on. */
  kill(node: Node): void {
    node.running = false;
    node.wake();
    node.waiting.length = 0;
    node.pausedUntilUs = undefined;
    node.answering.clear();
    node.muted = false;
    this.#checkOwners();
  }

  /** Power off. */
  crash(node: Node): void {
    node.powered = false;
    this.kill(node);
  }

  /** The process does not run; timers come before packets when it goes on. */
  pause(node: Node, ms: number): void {
    if (!node.running || node.pausedUntilUs !== undefined) return;
    const tickUs = uniform(this.#random, 0, 25_000);
    const fromUs = this.scheduler.nowUs;
    node.pausedUntilUs = fromUs + ms * 1000;
    node.wakeMissed = false;
    this.#checkOwners();
    const { incarnation } = node;
    this.scheduler.at(node.pausedUntilUs, () => {
      if (!node.running || node.incarnation !== incarnation) return;
      node.pausedUntilUs = undefined;
      const lateMs = ms - tickUs / 1000;
      if (lateMs > this.profile.dropMs) this.dispatch(node, { kind: 'gap', lateMs });
      if (node.wakeMissed) this.dispatch(node, { kind: 'wake' });
      for (const event of node.waiting.splice(0)) this.dispatch(node, event);
      for (; node.drains > 0; node.drains--) this.dispatch(node, { kind: 'drained' });
      this.#checkOwners();
    });
  }

  get profile(): Profile {
    return this.#options.profile ?? profiles.default;
  }

  partition(sideOf: (node: Node) => number): void {
    for (const [index, node] of this.nodes.entries()) this.sides[index] = sideOf(node);
    this.#checkOwners();
  }

  ownersOf(ip: Ip): readonly Node[] {
    return this.nodes.filter((node) => this.#answers(node, ip));
  }

  dispatch(node: Node, event: Untimed<SegmentEvent>): void {
    if (!node.running) return;
    if (node.pausedUntilUs !== undefined) {
      if (event.kind === 'wake') node.wakeMissed = true;
      else if (event.kind === 'drained') node.drains++;
      else node.waiting.push(event);
      return;
    }
    this.#guardAgainstLoops(node, event);
    const { id, name, incarnation } = node;
    const config = { self: { id, name, incarnation }, profile: this.profile, random: node.random, port };
    const { effects } = stepSegment(node.state, { ...event, nowMs: this.nowMs }, config);
    for (const effect of effects) this.#perform(node, effect);
  }

  /** An engine that asks again and again to be woken at once would stop time. */
  #guardAgainstLoops(node: Node, event: Untimed<SegmentEvent>): void {
    this.#atOnce = this.#atOnceUs === this.scheduler.nowUs ? this.#atOnce + 1 : 0;
    this.#atOnceUs = this.scheduler.nowUs;
    if (this.#atOnce > maxEventsAtOnce) throw new Error(`n${node.index} does not come to rest: ${event.kind}`);
  }

  #perform(node: Node, effect: SegmentEffect): void {
    switch (effect.kind) {
      case 'send':
        return this.#send(node, effect);
      case 'probeNeighbour':
        return this.#probeNeighbour(node, effect);
      case 'probeAddress':
        return this.#toAll(node, (to) => {
          this.#see(to, node.mac, undefined, effect.ip, false);
          if (this.#answers(to, effect.ip)) this.#answer(to, node, effect.ip);
        });
      case 'answer':
        return this.#startAnswering(node, effect);
      case 'announce':
        return this.#announce(node, effect.ip);
      case 'silence':
        for (const ip of effect.ips) node.answering.delete(ip);
        return this.#checkOwners(effect.ips);
      case 'mute':
      case 'unmute':
        node.muted = effect.kind === 'mute';
        return this.#checkOwners();
      case 'drain':
        this.#later(node, 300, () => this.dispatch(node, { kind: 'drained' }));
        return;
      case 'wakeAt': {
        node.wake();
        const delayUs = Math.max(0, Math.ceil(effect.atMs * 1000) - this.scheduler.nowUs);
        node.wake = this.#later(node, delayUs, () => this.dispatch(node, { kind: 'wake' }));
        return;
      }
      default:
        this.effects.push({ atMs: this.nowMs, node: node.index, effect });
    }
  }

  #later(node: Node, delayUs: number, work: () => void): Cancel {
    const { incarnation } = node;
    return this.scheduler.after(delayUs, () => {
      if (node.incarnation === incarnation) work();
    });
  }

  #send(node: Node, { to, message, joining }: Effect<'send'>): void {
    if (to === 'otherSegments') return;
    node.sent++;
    if (this.keepSent) this.sent.push({ atMs: this.nowMs, from: node.index, message, joining });
    const { incarnation, id: sender } = node;
    const header: Header = { joining, keyId: 0, sender, incarnation, sequence: ++node.sequence };
    const deliver = (target: Node, multicast: boolean): void => {
      const carried = this.#options.carry === undefined ? message : this.#options.carry(node, target, header, message);
      if (carried === undefined) return;
      this.dispatch(target, { kind: 'packet', header, message: carried, source: node.endpoint, multicast });
    };
    if (to === 'group') return this.#toAll(node, (target) => deliver(target, true));
    const target = this.#byIp.get(to.ip);
    if (target !== undefined) this.#carry(node, target, () => deliver(target, false));
  }

  #probeNeighbour(node: Node, { ip, mac }: Effect<'probeNeighbour'>): void {
    if (ip === gatewayIp) {
      if (!this.gateway || this.#sideOf(node) !== 0 || this.#isLost() || this.#isLost()) return;
      this.#later(node, 600, () => this.#see(node, gatewayMac, ip, ip, true));
      return;
    }
    const target = this.nodes.find((candidate) => candidate.mac === mac);
    if (target === undefined) return;
    this.#carry(node, target, () => {
      this.#see(target, node.mac, node.ip, ip, false);
      const isKernels = ip === target.ip && target.kernelAnswersArp;
      if (isKernels || this.#answers(target, ip)) this.#answer(target, node, ip);
    });
  }

  #answer(from: Node, to: Node, ip: Ip): void {
    this.#carry(from, to, () => this.#see(to, from.mac, ip, ip, true));
  }

  #see(node: Node, mac: Mac, ip: Ip | undefined, target: Ip, answersUs: boolean): void {
    this.dispatch(node, { kind: 'neighbour', mac, ip, target, answersUs });
  }

  #startAnswering(node: Node, { ips, announce }: Effect<'answer'>): void {
    for (const ip of ips) node.answering.add(ip);
    this.#checkOwners(ips);
    if (announce === 'none') return;
    for (const ip of ips) this.#announce(node, ip);
    if (announce === 'once') return;
    this.#later(node, 100_000, () => {
      for (const ip of ips) this.#announce(node, ip);
    });
  }

  #announce(node: Node, ip: Ip): void {
    if (!this.#answers(node, ip)) return;
    this.announcements.push({ atMs: this.nowMs, node: node.index, ip });
    this.#toAll(node, (to) => this.#see(to, node.mac, ip, ip, false));
  }

  #toAll(node: Node, deliver: (to: Node) => void): void {
    for (const to of this.nodes) if (to !== node) this.#carry(node, to, () => deliver(to));
  }

  /** As far as the machine: whether its process hears it is that process's business. */
  #carry(from: Node, to: Node, deliver: () => void): void {
    if (this.#isLost() || this.#sideOf(from) !== this.#sideOf(to)) return;
    const tailUs = (uniform(this.#random, 0, 30) * uniform(this.#random, 0, 30)) >> 1;
    this.scheduler.after(150 + tailUs, () => {
      if (to.powered && this.#sideOf(from) === this.#sideOf(to)) deliver();
    });
  }

  #isLost(): boolean {
    return this.lossPercent > 0 && uniform(this.#random, 0, 999) < 10 * this.lossPercent;
  }

  #sideOf(node: Node): number {
    return this.sides[node.index - 1] ?? 0;
  }

  #answers(node: Node, ip: Ip): boolean {
    return node.running && !node.muted && node.pausedUntilUs === undefined && node.answering.has(ip);
  }

  #checkOwners(ips: readonly Ip[] = this.desired.map(({ ip }) => ip)): void {
    for (const ip of ips) {
      const sides = this.ownersOf(ip).map((node) => this.#sideOf(node));
      this.#note(this.#dualSince, this.dual, ip, new Set(sides).size < sides.length);
      this.#note(this.#noneSince, this.unanswered, ip, sides.length === 0);
    }
  }

  #note(since: Map<Ip, number>, irregularities: Irregularity[], ip: Ip, holds: boolean): void {
    const fromMs = since.get(ip);
    if (holds && fromMs === undefined) since.set(ip, this.nowMs);
    if (holds || fromMs === undefined) return;
    since.delete(ip);
    if (this.nowMs > fromMs) irregularities.push({ ip, fromMs, toMs: this.nowMs });
  }

  /** Those that have not ended yet. */
  openDuals(): readonly Ip[] {
    return [...this.#dualSince.keys()];
  }
}
