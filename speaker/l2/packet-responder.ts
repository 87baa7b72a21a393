// The responder of one interface, run on packet sockets (shell): frames in, frames out, and what was counted on the way. One socket a family; to
// the engine, an address whose socket was refused or taken back is not there until the socket is.
import { familyOf, ipToNumber, type Family, type Ip } from '#shared/net/ip.ts';
import type { Mac } from '#shared/net/mac.ts';
import { WireError } from '#shared/net/wire-error.ts';
import type { Cancel, Untimed } from '#shared/runtime/clock.ts';
import { waitingForFirstRound } from './announcement-schedule.ts';
import { NeighbourSocket, type NeighbourSocketDependencies } from './neighbour-socket.ts';
import type { NeighbourMessage, NumberedAddress } from './neighbour-protocol.ts';
import {
  initialResponder,
  neighbourProtocols,
  stepResponder,
  type Announcing,
  type ResponderEffect,
  type ResponderEvent,
  type ResponderState,
} from './responder.ts';
import type { SuitableInterface } from './suitable-interfaces.ts';

export interface AddressCounters {
  requests: number;
  replies: number;
  announcements: number;
}

export interface PacketResponderDependencies extends NeighbourSocketDependencies {
  /** Somebody said something; whether it is answered is decided when this returns. */
  readonly heard: (message: NeighbourMessage) => void;
  /** Something that is counted has changed. */
  readonly counted: () => void;
  /** The socket of a family was opened, refused or lost. */
  readonly socketChanged: (family: Family) => void;
}

/** An address that is to be answered. */
interface Wanted extends NumberedAddress {
  readonly counters: AddressCounters;
  /** How, once it can be. */
  announce: Announcing;
}

export class PacketResponder {
  readonly #dependencies: PacketResponderDependencies;
  readonly #wanted = new Map<Ip, Wanted>();
  readonly #sockets = new Map<Family, NeighbourSocket>();
  #on: SuitableInterface;
  #state: ResponderState;
  #heard: readonly NumberedAddress[] = [];
  #wake: Cancel | undefined;
  #malformed = 0;

  constructor(on: SuitableInterface, dependencies: PacketResponderDependencies) {
    this.#dependencies = dependencies;
    this.#on = on;
    this.#state = initialResponder(on.mac, on.carrier, dependencies.clock.nowMs());
  }

  /** By family, those that the interface carries. */
  get sockets(): ReadonlyMap<Family, NeighbourSocket> {
    return this.#sockets;
  }

  /** Something can be heard and said. */
  get isOpen(): boolean {
    return [...this.#sockets.values()].some(({ isOpen }) => isOpen);
  }

  get malformed(): number {
    return this.#malformed;
  }

  /** Addresses that were taken and are not announced yet. */
  get announcementsQueued(): number {
    return waitingForFirstRound(this.#state.schedule);
  }

  /** Of an address that is to be answered. */
  countersOf(ip: Ip): Readonly<AddressCounters> | undefined {
    return this.#wanted.get(ip)?.counters;
  }

  /** Whoever asks for the address now is answered. */
  isAnswering(ip: Ip): boolean {
    const { carrier, muted, answered } = this.#state;
    return carrier && !muted && answered.has(ip);
  }

  /** Opens the packet sockets that are not, and tries again what else was refused. */
  open(): void {
    for (const socket of this.#sockets.values()) socket.open();
    for (const family of this.#on.families) if (!this.#sockets.has(family)) this.#openSocket(family);
  }

  /** What is said about these is heard, besides whatever is said to this station alone; the whole set. */
  hear(addresses: readonly NumberedAddress[]): void {
    this.#heard = addresses;
    for (const [family, socket] of this.#sockets) socket.hear(this.#heardOf(family));
  }

  /** From now on, most important first. */
  answer(ips: readonly Ip[], announce: Announcing): void {
    const again = ips.filter((ip) => this.#state.answered.has(ip));
    if (again.length > 0) this.#dispatch({ kind: 'answer', addresses: again, announce });
    const added: Wanted[] = [];
    for (const ip of ips) {
      const known = this.#wanted.get(ip);
      if (known === undefined) added.push({ ip, value: ipToNumber(ip), announce, counters: noneCounted() });
      else known.announce = announce;
    }
    for (const wanted of added) this.#wanted.set(wanted.ip, wanted);
    for (const [family, same] of byFamily(added)) this.#sockets.get(family)?.join(same);
    this.#answerReady(ips.flatMap((ip) => this.#wanted.get(ip) ?? []));
  }

  /** Not any more, when it returns. */
  silence(ips: readonly Ip[]): void {
    const lost = ips.flatMap((ip) => this.#wanted.get(ip) ?? []);
    for (const { ip } of lost) this.#wanted.delete(ip);
    this.#dispatch({ kind: 'silence', addresses: ips });
    for (const [family, same] of byFamily(lost)) this.#sockets.get(family)?.leave(same);
  }

  /** Tells all once more of an address that is answered. */
  announce(ip: Ip): void {
    if (this.#state.answered.has(ip)) this.#dispatch({ kind: 'answer', addresses: [ip], announce: 'once' });
  }

  /** Neither answers nor announces until `unmute`, and forgets what waits. */
  mute(): void {
    this.discard();
    this.#dispatch({ kind: 'mute' });
  }

  unmute(): void {
    this.#dispatch({ kind: 'unmute' });
  }

  /** Asks all whether anybody has an address that is to be taken. */
  probe(ip: Ip): void {
    const { mac } = this.#state;
    this.#sockets.get(familyOf(ip))?.joinForProbing({ ip, value: ipToNumber(ip) });
    this.#ask(ip, neighbourProtocols[familyOf(ip)].probe(mac, ip));
  }

  /** Asks the station `at`, or all, who has `ip`; `from` is an own address. */
  question(ip: Ip, at: Mac | undefined, from: Ip): void {
    const asker = { mac: this.#state.mac, ip: from };
    this.#ask(ip, neighbourProtocols[familyOf(ip)].question(asker, ip, at));
  }

  /** The interface as it is now. */
  update(on: SuitableInterface): void {
    const before = this.#on;
    this.#on = on;
    this.#dispatch({ kind: 'link', mac: on.mac, carrier: on.carrier });
    for (const family of before.families) if (!on.families.includes(family)) this.#closeSocket(family);
    for (const family of on.families) if (!before.families.includes(family)) this.#openSocket(family);
    if (on.prefixes.some(({ ip }) => !before.prefixes.some((known) => known.ip === ip))) {
      this.#dispatch({ kind: 'renewed' });
    }
  }

  /** Delivers what has come so far. */
  receiveWaiting(): void {
    for (const socket of this.#sockets.values()) socket.receiveWaiting();
  }

  /** Throws away what waits to be sent or read. */
  discard(): void {
    for (const socket of this.#sockets.values()) socket.discard();
  }

  /** Silent when it returns. */
  close(): void {
    this.#wake?.();
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
    this.#dispatch({ kind: 'silence', addresses: [...this.#state.answered] });
  }

  #openSocket(family: Family): void {
    const options = { protocol: neighbourProtocols[family], interfaceIndex: this.#on.index };
    const socket = new NeighbourSocket(options, this.#dependencies, {
      frame: (bytes) => this.#received(family, bytes),
      changed: () => {
        this.#answerReady();
        this.#dependencies.socketChanged(family);
      },
      ready: () => this.#answerReady(),
    });
    this.#sockets.set(family, socket);
    socket.hear(this.#heardOf(family));
    socket.join(byFamily(this.#wanted.values()).get(family) ?? []);
    socket.open();
  }

  #closeSocket(family: Family): void {
    this.#sockets.get(family)?.close();
    this.#sockets.delete(family);
    this.#answerReady();
  }

  #heardOf(family: Family): readonly NumberedAddress[] {
    return this.#heard.filter(({ ip }) => familyOf(ip) === family);
  }

  /** Only what is heard is answered and announced; what is not heard any more is announced anew when it is again. */
  #answerReady(addresses: Iterable<Wanted> = this.#wanted.values()): void {
    const ready: Record<Announcing, Ip[]> = { schedule: [], once: [], none: [] };
    const lost: Ip[] = [];
    for (const wanted of addresses) {
      const isReady = this.#sockets.get(familyOf(wanted.ip))?.isReady(wanted) === true;
      if (isReady === this.#state.answered.has(wanted.ip)) continue;
      if (isReady) {
        ready[wanted.announce].push(wanted.ip);
      } else {
        lost.push(wanted.ip);
        wanted.announce = 'schedule';
      }
    }
    if (lost.length > 0) this.#dispatch({ kind: 'silence', addresses: lost });
    for (const announce of ['schedule', 'once', 'none'] as const) {
      if (ready[announce].length > 0) this.#dispatch({ kind: 'answer', addresses: ready[announce], announce });
    }
  }

  #received(family: Family, bytes: Uint8Array): void {
    const protocol = neighbourProtocols[family];
    let message: NeighbourMessage;
    try {
      message = protocol.read(bytes, this.#state.mac);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#malformed++;
      return;
    }
    this.#dependencies.heard(message);
    this.#dispatch({ kind: 'message', message, protocol });
  }

  #dispatch(event: Untimed<ResponderEvent>): void {
    const { state, effects } = stepResponder(this.#state, { ...event, nowMs: this.#nowMs() });
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: ResponderEffect): void {
    if (effect.kind === 'wakeAt') this.#wakeAt(effect.atMs);
    else this.#send(effect);
  }

  #send({ form, ip, bytes }: Extract<ResponderEffect, { kind: 'send' }>): void {
    const wanted = this.#wanted.get(ip);
    if (wanted === undefined) return;
    const { counters } = wanted;
    if (form === 'reply') counters.requests++;
    this.#sockets.get(familyOf(ip))?.send({
      bytes,
      wanted: () => this.#wanted.get(ip) === wanted,
      sent: () => {
        if (form === 'reply') counters.replies++;
        else counters.announcements++;
        this.#dependencies.counted();
      },
    });
  }

  #ask(ip: Ip, bytes: Uint8Array): void {
    this.#sockets.get(familyOf(ip))?.send({ bytes, wanted: () => true, sent() {} });
  }

  #wakeAt(atMs: number): void {
    this.#wake?.();
    this.#wake = this.#dependencies.clock.after(Math.max(0, atMs - this.#nowMs()), () => {
      this.#dependencies.gapEnded();
      this.#dispatch({ kind: 'wake' });
    });
  }

  #nowMs(): number {
    return this.#dependencies.clock.nowMs();
  }
}

function byFamily(addresses: Iterable<Wanted>): ReadonlyMap<Family, readonly Wanted[]> {
  return Map.groupBy(addresses, ({ ip }) => familyOf(ip));
}

function noneCounted(): AddressCounters {
  return { requests: 0, replies: 0, announcements: 0 };
}
