// The segments of this node (shell): one on every suitable interface through which pool addresses are reached, opened and closed as interfaces
// come and go, each given what is desired and what surrounds it.
import type { Ip } from '#shared/net/ip.ts';
import type { Cancel } from '#shared/runtime/clock.ts';
import { deepEqual } from '#shared/runtime/equal.ts';
import type { HostNetworkState } from '../l2/host-network.ts';
import { chooseInterfaces, type UnsuitableInterface } from '../l2/suitable-interfaces.ts';
import type { SavedSegment, WireSurroundings } from '../seam.ts';
import type { Header } from '../segment/message/header.ts';
import type { LeavingMode, LinkDown } from '../segment/message/leaving.ts';
import type { Message } from '../segment/message/message.ts';
import type { DesiredState } from './desired-assembly.ts';
import { DesiredDelivery } from './desired-delivery.ts';
import { savedSegment } from './segment-observation.ts';
import { SegmentRunner, type SegmentInterface, type SegmentRunnerDependencies } from './segment-runner.ts';
import { Shadow } from './shadow.ts';
import { overlaps, speaksRather } from './same-lan.ts';
import { unplacedAddresses } from './unplaced.ts';

/** What could not be opened is tried again this often, besides at every change of the interfaces. */
const reopenMs = 10_000;
/** A pool or advertisement that is replaced is gone for a moment: the LAN is not left for that, or all would have to be joined and taken anew. */
const lingerMs = 60_000;

export type SegmentsDependencies = Omit<
  SegmentRunnerDependencies,
  'isOwn' | 'sayElsewhere' | 'heardLinkDown' | 'heardItself' | 'keys' | 'retired'
>;

export class Segments {
  readonly #dependencies: SegmentsDependencies;
  readonly #saved: Map<string, SavedSegment>;
  readonly #byIndex = new Map<number, SegmentRunner>();
  readonly #shadows = new Map<number, Shadow>();
  readonly #delivery: DesiredDelivery;
  /** By index, of those through which nothing is reached any more. */
  readonly #unwantedSinceMs = new Map<number, number>();
  #network: HostNetworkState = { links: new Map(), addresses: [], gateways: [] };
  #ownIps: ReadonlySet<Ip> = new Set();
  #surroundings: WireSurroundings | undefined;
  #excluded: readonly RegExp[] = [];
  #desired: DesiredState | undefined;
  #unsuitable: readonly UnsuitableInterface[] = [];
  #reopening: Cancel;
  #generation = 0;
  #unplaced: readonly Ip[] | undefined;
  #isRetired = false;

  constructor(dependencies: SegmentsDependencies) {
    const { options } = dependencies;
    this.#dependencies = dependencies;
    this.#saved = new Map(options.saved.map((saved) => [saved.interface, saved]));
    this.#delivery = new DesiredDelivery({ ...dependencies, delivered: () => this.#delivered() });
    this.#reopening = this.#reopenLater();
  }

  /** The newest generation that every segment has. */
  get generation(): number {
    return this.#generation;
  }

  get all(): readonly SegmentRunner[] {
    return [...this.#byIndex.values()];
  }

  get shadows(): readonly Shadow[] {
    return [...this.#shadows.values()];
  }

  get unsuitable(): readonly UnsuitableInterface[] {
    return this.#unsuitable;
  }

  get isRetired(): boolean {
    return this.#isRetired;
  }

  /** As people know it. */
  nameOfNode(id: string): string | undefined {
    return this.#surroundings?.nodes.find((node) => node.id === id)?.name;
  }

  /** Of the addresses that this node may own, those that no segment of it holds. */
  get unplaced(): readonly Ip[] {
    return (this.#unplaced ??= unplacedAddresses(this.#dependencies.options.node.id, this.#desired, this.all));
  }

  networkChanged(network: HostNetworkState): void {
    this.#network = network;
    this.#ownIps = new Set(network.addresses.map(({ ip }) => ip));
    const carrierBefore = this.#carriers();
    this.#matchInterfaces();
    this.#openAll();
    this.#dependencies.changed(this.#carriers() === carrierBefore ? 'state' : 'carrier');
  }

  surround(surroundings: WireSurroundings, excluded: readonly RegExp[]): void {
    this.#surroundings = surroundings;
    this.#excluded = excluded;
    for (const runner of this.#byIndex.values()) runner.surroundings(surroundings);
    this.#matchInterfaces();
    this.#startAll();
  }

  desire(desired: DesiredState): void {
    this.#desired = desired;
    this.#delivery.begin(this.all, desired);
  }

  /** This thread has just come back from not running. */
  gap(lateMs: number): void {
    for (const runner of this.#byIndex.values()) runner.gap(lateMs);
  }

  leave(mode: LeavingMode): void {
    for (const runner of this.#byIndex.values()) runner.leave(mode);
  }

  /** Silent when it returns. */
  close(): void {
    this.#reopening();
    this.#delivery.stop();
    for (const segment of [...this.#byIndex.values(), ...this.#shadows.values()]) segment.close();
    this.#byIndex.clear();
    this.#shadows.clear();
  }

  #matchInterfaces(): void {
    this.#unplaced = undefined;
    if (this.#isRetired) return;
    const { suitable, unsuitable } = chooseInterfaces(this.#network, this.#excluded);
    const wanted = suitable.filter((on) => this.#isKept(on));
    const unused = suitable.filter((on) => !wanted.includes(on));
    const reason = 'no IPAddressPool that is announced has an address on-link there, and no L2Advertisement names it';
    this.#unsuitable = [...unsuitable, ...unused.map(({ name, mac }) => ({ name, mac, reason }))];
    const indices = new Set(wanted.map(({ index }) => index));
    for (const [index, runner] of this.#byIndex) if (!indices.has(index)) this.#remove(index, runner);
    const speaking = new Set(wanted.flatMap(({ name, carrier }) => (carrier ? [name] : [])));
    for (const [index, shadow] of this.#shadows) {
      if (!indices.has(index) || !speaking.has(shadow.speaking)) this.#endShadow(index, shadow);
    }
    for (const one of wanted) {
      const on = this.#withGateways(one);
      const runner = this.#byIndex.get(on.index);
      if (this.#shadows.has(on.index)) continue;
      if (runner === undefined) this.#add(on);
      else if (!deepEqual(runner.on, on)) this.#update(runner, on);
    }
  }

  #isKept(on: Pick<SegmentInterface, 'index' | 'name' | 'onLink'>): boolean {
    const { index } = on;
    if (this.#isSegment(on)) {
      this.#unwantedSinceMs.delete(index);
      return true;
    }
    if (!this.#byIndex.has(index)) return false;
    const nowMs = this.#dependencies.clock.nowMs();
    const sinceMs = this.#unwantedSinceMs.get(index) ?? nowMs;
    this.#unwantedSinceMs.set(index, sinceMs);
    return nowMs - sinceMs < lingerMs;
  }

  #isSegment({ name, onLink }: Pick<SegmentInterface, 'name' | 'onLink'>): boolean {
    if (this.#surroundings === undefined) return false;
    const { ranges, namedInterfaces } = this.#surroundings;
    if (namedInterfaces.includes(name)) return true;
    return onLink.some((here) => ranges.some((range) => overlaps(here, range)));
  }

  #withGateways(on: Omit<SegmentInterface, 'gateways'>): SegmentInterface {
    const gateways = this.#network.gateways.filter(({ interfaceIndex }) => interfaceIndex === on.index);
    return { ...on, gateways: gateways.map(({ ip }) => ip) };
  }

  #add(on: SegmentInterface): void {
    const { changed } = this.#dependencies;
    const runner: SegmentRunner = new SegmentRunner(on, {
      ...this.#dependencies,
      changed: (what) => {
        if (what === 'state') this.#unplaced = undefined;
        if (!runner.isStarted) this.#startAll();
        changed(what);
      },
      keys: () => this.#surroundings?.keys,
      isOwn: (ip) => this.#ownIps.has(ip),
      sayElsewhere: (message, joining) => this.#sayElsewhere(runner, message, joining),
      heardLinkDown: (header, message) => this.#heardLinkDown(runner, header, message),
      heardItself: (source) => this.#heardItself(runner, source),
      retired: () => this.#retire(),
    });
    this.#byIndex.set(on.index, runner);
    if (this.#surroundings !== undefined) runner.surroundings(this.#surroundings);
    if (this.#desired !== undefined) this.#delivery.add(runner, this.#desired);
    // Last, for it may begin as soon as it can hear.
    runner.open();
  }

  #update(runner: SegmentRunner, on: SegmentInterface): void {
    const before = runner.on;
    runner.update(on);
    const { name, mac, carrier } = on;
    const { log } = this.#dependencies;
    if (before.carrier !== carrier) log.info({ interface: name, carrier }, 'carrier changed');
    if (before.mac !== mac) log.info({ interface: name, before: before.mac, mac }, 'MAC address changed');
    if (before.name !== name) log.info({ interface: name, before: before.name }, 'interface renamed');
  }

  #remove(index: number, runner: SegmentRunner): void {
    // Should it come back, whatever nobody else has taken meanwhile is still this node's.
    this.#saved.set(runner.on.name, savedSegment(runner, this.#dependencies.options.node.id));
    runner.close();
    this.#byIndex.delete(index);
    this.#unwantedSinceMs.delete(index);
    this.#delivery.forget(runner);
    this.#dependencies.log.info({ interface: runner.on.name }, 'interface carries no announcements any more');
    this.#dependencies.changed('state');
  }

  #delivered(): void {
    this.#startAll();
    this.#unplaced = undefined;
    this.#generation = this.#desired?.generation ?? 0;
    this.#dependencies.changed('state');
  }

  /** Each begins when it knows its surroundings, its key and what is desired. */
  #startAll(): void {
    if (this.#surroundings?.keys === undefined || this.#desired === undefined || this.#delivery.isUnderWay) return;
    for (const runner of this.#byIndex.values()) {
      if (runner.isStarted || !runner.canStart) continue;
      const { name } = runner.on;
      runner.start(this.#saved.get(name) ?? { roster: [], addresses: [] });
      // What was saved is true for the first time only.
      this.#saved.delete(name);
    }
  }

  /** A member says it where it is a member, too. */
  #sayElsewhere(from: SegmentRunner, message: Message, joining: boolean): void {
    if (joining) return;
    for (const runner of this.#byIndex.values()) {
      if (runner !== from && runner.state.watch.phase === 'joined') runner.sockets.toGroup(message, joining);
    }
  }

  #heardLinkDown(on: SegmentRunner, header: Header, message: LinkDown): void {
    for (const runner of this.#byIndex.values()) if (runner !== on) runner.linkDownElsewhere(header, message);
  }

  /** Two interfaces on one LAN: one of them speaks. */
  #heardItself(runner: SegmentRunner, source: Ip): void {
    const other = [...this.#byIndex.values()].find(({ on }) => on.prefixes.some(({ ip }) => ip === source));
    if (other === undefined || other === runner || !runner.on.carrier || !other.on.carrier) return;
    const ranges = this.#surroundings?.ranges ?? [];
    const loser = speaksRather(runner.on, other.on, ranges) ? other : runner;
    const winner = loser === runner ? other : runner;
    const { index, name } = loser.on;
    this.#dependencies.log.warn(
      { interface: name, speaks: winner.on.name },
      'two interfaces are on one LAN: one is left out',
    );
    this.#remove(index, loser);
    const shadow = new Shadow(
      loser.on,
      winner.on.name,
      { ...this.#dependencies, keys: () => this.#surroundings?.keys, isOwn: (ip) => this.#ownIps.has(ip) },
      () => {
        this.#endShadow(index, shadow);
        this.#matchInterfaces();
      },
    );
    this.#shadows.set(index, shadow);
    this.#dependencies.changed('state');
  }

  #endShadow(index: number, shadow: Shadow): void {
    shadow.close();
    this.#shadows.delete(index);
  }

  /** A newer process of this node has taken over: this one says nothing more. */
  #retire(): void {
    if (this.#isRetired) return;
    this.#isRetired = true;
    this.#dependencies.log.info({}, 'a newer speaker of this node has taken over');
    for (const runner of this.#byIndex.values()) {
      runner.retire();
      runner.close();
    }
    this.#byIndex.clear();
    for (const [index, shadow] of this.#shadows) this.#endShadow(index, shadow);
    this.#delivery.stop();
    this.#dependencies.changed('carrier');
  }

  /** Which interfaces can be spoken on, as text to compare. */
  #carriers(): string {
    return [...this.#byIndex].flatMap(([index, { on }]) => (on.carrier ? [index] : [])).join();
  }

  #openAll(): void {
    for (const segment of [...this.#byIndex.values(), ...this.#shadows.values()]) segment.open();
  }

  #reopenLater(): Cancel {
    return this.#dependencies.clock.after(reopenMs, () => {
      this.#dependencies.gapEnded();
      this.#matchInterfaces();
      this.#openAll();
      this.#reopening = this.#reopenLater();
    });
  }
}
