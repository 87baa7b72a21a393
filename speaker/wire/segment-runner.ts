// One segment, run (shell): the engines of liveness and ownership between the sockets of the interface and the responder on it. What comes in
// goes to the engines as an event; what they decide is done here, in order.
import { familyOf, type Family, type Ip } from '#shared/net/ip.ts';
import { rangeContains } from '#shared/net/range.ts';
import type { Cancel } from '#shared/runtime/clock.ts';
import type { Log } from '#shared/runtime/log.ts';
import type { NeighbourMessage } from '../l2/neighbour-protocol.ts';
import { PacketResponder, type PacketResponderDependencies } from '../l2/packet-responder.ts';
import type { SuitableInterface } from '../l2/suitable-interfaces.ts';
import type { SegmentEffect } from '../segment/effect.ts';
import type { Link, SegmentEvent } from '../segment/event.ts';
import type { Header } from '../segment/message/header.ts';
import type { LeavingMode, LinkDown } from '../segment/message/leaving.ts';
import type { Message } from '../segment/message/message.ts';
import type { DesiredAddress } from '../segment/ownership/desired-address.ts';
import { profiles } from '../segment/profile.ts';
import { initialSegment, stepSegment, type SegmentState } from '../segment/segment.ts';
import type { SegmentConfig } from '../segment/turn.ts';
import type { OwnerChange, SavedSegment, WireSurroundings } from '../seam.ts';
import type { DesiredState } from './desired-assembly.ts';
import { heardAddresses } from './heard-addresses.ts';
import { SegmentNotes } from './segment-notes.ts';
import { ownAddress, SegmentSockets, type SegmentSocketsDependencies } from './segment-sockets.ts';

/** Members come and go by hundreds at a cold start. */
const hearAfterMs = 100;

export interface SegmentRunnerDependencies
  extends SegmentSocketsDependencies, Pick<PacketResponderDependencies, 'packetSockets'> {
  readonly log: Log;
  readonly changed: (what: 'carrier' | 'state') => void;
  readonly ownerChanged: (change: OwnerChange) => void;
  /** Says it on every other segment of this node. */
  readonly sayElsewhere: (message: Message, joining: boolean) => void;
  /** Somebody who lost a link says so here; the link was to another segment. */
  readonly heardLinkDown: (header: Header, message: LinkDown) => void;
  /** This segment is the one on the interface that has `source`, too. */
  readonly heardItself: (source: Ip) => void;
  readonly retired: () => void;
  readonly explain?: ((step: ExplainedStep) => void) | undefined;
}

/** A step of the engines and what came of it, before its effects are performed. */
export interface ExplainedStep {
  /** Name of the interface. */
  readonly segment: string;
  readonly event: SegmentEvent;
  readonly effects: readonly SegmentEffect[];
  readonly state: SegmentState;
}

/** An interface as its segment sees it. */
export interface SegmentInterface extends SuitableInterface {
  /** Next hops of default routes through it. */
  readonly gateways: readonly Ip[];
}

export class SegmentRunner {
  readonly responder: PacketResponder;
  readonly sockets: SegmentSockets;
  readonly notes: SegmentNotes;
  readonly #dependencies: SegmentRunnerDependencies;
  readonly #config: SegmentConfig;
  readonly #queue: SegmentEvent[] = [];
  #on: SegmentInterface;
  #state: SegmentState;
  #desired: DesiredState | undefined;
  #isStarted = false;
  #isStepping = false;
  #wake: Cancel | undefined;
  #drain: Cancel | undefined;
  #hearing: Cancel | undefined;
  #heardIps: ReadonlySet<Ip> = new Set();
  #couldHear = false;

  constructor(on: SegmentInterface, dependencies: SegmentRunnerDependencies) {
    const { options, random, tally } = dependencies;
    this.#on = on;
    this.#dependencies = dependencies;
    this.#config = {
      self: { ...options.node, incarnation: options.incarnation },
      profile: profiles[options.profile],
      random,
      port: options.port,
    };
    this.notes = new SegmentNotes(tally);
    this.responder = new PacketResponder(on, {
      ...dependencies,
      heard: (message) => this.#heard(message),
      socketChanged: (family) => this.#socketChanged(family),
    });
    this.#state = initialSegment(options.node.id, this.#link());
    this.sockets = new SegmentSockets(on, dependencies, {
      message: (header, message, source, multicast) => {
        if (message.kind === 'linkDown') dependencies.heardLinkDown(header, message);
        this.#dispatch({ nowMs: this.#nowMs, kind: 'packet', header, message, source, multicast });
      },
      heardItself: dependencies.heardItself,
      retired: dependencies.retired,
      changed: () => dependencies.changed('state'),
    });
  }

  get on(): SegmentInterface {
    return this.#on;
  }

  get state(): SegmentState {
    return this.#state;
  }

  get isStarted(): boolean {
    return this.#isStarted;
  }

  /** It can speak for addresses: a node that cannot takes none. */
  get canStart(): boolean {
    return this.responder.isOpen;
  }

  /** Opens what is not open, and tries again what was refused. */
  open(): void {
    this.responder.open();
    this.sockets.open();
  }

  surroundings({ nodes, condition }: WireSurroundings): void {
    this.#dispatch({ nowMs: this.#nowMs, kind: 'cluster', nodes: new Map(nodes.map((node) => [node.id, node])) });
    this.#dispatch({ nowMs: this.#nowMs, kind: 'condition', condition });
  }

  /** One chunk after the other; the state as a whole with each. */
  desired(chunk: readonly DesiredAddress[], isLast: boolean, whole: DesiredState): void {
    if (isLast) {
      this.#desired = whole;
      this.#hearAnew();
    }
    this.#dispatch({ nowMs: this.#nowMs, kind: 'desired', addresses: chunk, isLast });
  }

  /** Once, when it has got its surroundings and what is desired. */
  start({ roster, addresses }: Pick<SavedSegment, 'roster' | 'addresses'>): void {
    this.#isStarted = true;
    this.#dispatch({ nowMs: this.#nowMs, kind: 'start', savedRoster: roster, savedAddresses: addresses });
  }

  /** The interface as it is now. */
  update(on: SegmentInterface): void {
    this.#on = on;
    this.sockets.update(on);
    // Before the responder: after a carrier comes back it must first be heard who owns what.
    this.#dispatch({ nowMs: this.#nowMs, kind: 'link', link: this.#link() });
    this.responder.update(on);
    this.#hearAnew();
  }

  linkDownElsewhere(header: Header, { mac }: LinkDown): void {
    this.#dispatch({ nowMs: this.#nowMs, kind: 'linkDownElsewhere', header, mac });
  }

  /** This thread has just come back from not running. */
  gap(lateMs: number): void {
    this.responder.discard();
    if (this.#isStarted) this.#dispatch({ nowMs: this.#nowMs, kind: 'gap', lateMs });
  }

  /** Who has not begun has nothing to leave: its farewell would be heard as that of the process before it. */
  leave(mode: LeavingMode): void {
    if (this.#isStarted) this.#dispatch({ nowMs: this.#nowMs, kind: 'leave', mode });
  }

  /** A newer process of this node has taken over. */
  retire(): void {
    this.#dispatch({ nowMs: this.#nowMs, kind: 'retired' });
  }

  /** Silent when it returns. */
  close(): void {
    this.#wake?.();
    this.#drain?.();
    this.#hearing?.();
    this.responder.close();
    this.sockets.close();
  }

  /** The LAN of the segment holds the address, as far as is known. */
  holds(ip: Ip): boolean {
    const known = this.#state.ownership.addresses.get(ip)?.onLink === true;
    return known || this.#on.onLink.some((range) => rangeContains(range, ip));
  }

  /** One after the other: what comes while one is stepped waits. */
  #dispatch(event: SegmentEvent): void {
    if (this.#isStepping) return void this.#queue.push(event);
    this.#isStepping = true;
    this.#step(event);
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) this.#step(next);
    this.#isStepping = false;
  }

  get #nowMs(): number {
    return this.#dependencies.clock.nowMs();
  }

  #step(event: SegmentEvent): void {
    const { explain } = this.#dependencies;
    const { state, effects } = stepSegment(this.#state, event, this.#config);
    this.#state = state;
    explain?.({ segment: this.#on.name, event, effects, state });
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: SegmentEffect): void {
    const { responder, sockets } = this;
    switch (effect.kind) {
      case 'send':
        return this.#send(effect);
      case 'probeNeighbour':
        return this.#probeNeighbour(effect);
      case 'probeAddress':
        return responder.probe(effect.ip);
      case 'answer':
        responder.answer(this.#mostImportantFirst(effect.ips), effect.announce);
        // Adopted may be what this node is no candidate for any more, until it is handed off.
        if (effect.ips.some((ip) => !this.#heardIps.has(ip))) this.#hearAnewSoon();
        return this.#dependencies.changed('state');
      case 'announce':
        return responder.announce(effect.ip);
      case 'silence':
        responder.silence(effect.ips);
        return this.#dependencies.changed('state');
      case 'mute':
        return responder.mute();
      case 'unmute':
        return responder.unmute();
      case 'drain':
        return this.#drainSoon(sockets, responder);
      case 'wakeAt':
        return this.#wakeAt(effect.atMs);
      default:
        return this.#note(effect);
    }
  }

  /** Without a packet socket the interface is as good as unplugged. */
  #link(): Link {
    const { carrier, mac, name, prefixes, gateways } = this.#on;
    this.#couldHear = this.responder.isOpen;
    return { carrier: carrier && this.#couldHear, mac, interfaceName: name, prefixes, gateways };
  }

  #send({ to, message, joining }: Extract<SegmentEffect, { kind: 'send' }>): void {
    if (to === 'group') this.sockets.toGroup(message, joining);
    else if (to === 'otherSegments') this.#dependencies.sayElsewhere(message, joining);
    else this.sockets.to(to, message, joining);
  }

  #probeNeighbour({ ip, mac }: Extract<SegmentEffect, { kind: 'probeNeighbour' }>): void {
    const from = ownAddress(this.#on, familyOf(ip));
    if (from !== undefined) this.responder.question(ip, mac, from);
  }

  /** Not within this turn: a datagram or frame may be in hand. */
  #drainSoon(sockets: SegmentSockets, responder: PacketResponder): void {
    const { clock, gapEnded } = this.#dependencies;
    this.#drain?.();
    this.#drain = clock.after(0, () => {
      gapEnded();
      sockets.receiveWaiting();
      responder.receiveWaiting();
      this.#dispatch({ nowMs: this.#nowMs, kind: 'drained' });
    });
  }

  #wakeAt(atMs: number): void {
    const { clock, gapEnded } = this.#dependencies;
    this.#wake?.();
    this.#wake = clock.after(Math.max(0, atMs - clock.nowMs()), () => {
      gapEnded();
      this.#dispatch({ nowMs: this.#nowMs, kind: 'wake' });
    });
  }

  #note(effect: Parameters<SegmentNotes['note']>[0]): void {
    const { changed, clock, ownerChanged } = this.#dependencies;
    this.notes.note(effect, this.#on.name, clock.nowMs());
    if (effect.kind === 'ownerChanged') {
      const { ip, owns, cause } = effect;
      ownerChanged({ segment: this.#on.name, ip, owns, cause });
    }
    if (effect.kind === 'memberChanged') this.#hearAnewSoon();
    changed('state');
  }

  #heard({ asks, mac, ip, target, sentTo }: NeighbourMessage): void {
    if (sentTo === 'others') return;
    this.#dispatch({ nowMs: this.#nowMs, kind: 'neighbour', mac, ip, target, answersUs: !asks && sentTo === 'us' });
  }

  #socketChanged(family: Family): void {
    const { log, changed } = this.#dependencies;
    const { name, mac } = this.#on;
    const failure = this.responder.sockets.get(family)?.failure;
    if (failure === undefined) log.info({ interface: name, mac, family }, 'interface carries announcements');
    else log.warn({ interface: name, family, ...failure }, 'interface carries no announcements: no packet socket');
    if (this.responder.isOpen !== this.#couldHear)
      this.#dispatch({ nowMs: this.#nowMs, kind: 'link', link: this.#link() });
    changed('state');
  }

  #mostImportantFirst(ips: readonly Ip[]): readonly Ip[] {
    const places = this.#desired?.places;
    if (ips.length < 2 || places === undefined) return ips;
    const placeOf = (ip: Ip): number => places.get(ip) ?? places.size;
    return ips.toSorted((a, b) => placeOf(a) - placeOf(b));
  }

  /** For what it listens; soon, as each change makes the kernel compile a filter. */
  #hearAnewSoon(): void {
    const { clock, gapEnded } = this.#dependencies;
    this.#hearing ??= clock.after(hearAfterMs, () => {
      gapEnded();
      this.#hearAnew();
    });
  }

  #hearAnew(): void {
    this.#hearing?.();
    this.#hearing = undefined;
    const heard = heardAddresses(this.#config.self.id, this.#on, this.#desired, this.#state);
    this.#heardIps = new Set(heard.map(({ ip }) => ip));
    this.responder.hear(heard);
  }
}
