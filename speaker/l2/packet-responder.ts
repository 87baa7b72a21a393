// The responder of one interface, run on packet sockets (shell): frames in, frames out, and what was counted on the way. One socket a family; to
// the engine, an address whose socket was refused or taken back is not there until the socket is.
import { familyOf, type Family, type Ip } from '#shared/net/ip.ts';
import type { Cancel } from '#shared/runtime/clock.ts';
import type { NumberedAddress } from './answered-addresses.ts';
import { NeighbourSocket, type NeighbourSocketDependencies } from './neighbour-socket.ts';
import {
  initialResponder,
  neighbourProtocols,
  stepResponder,
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
  /** Something that is counted has changed. */
  readonly counted: () => void;
  /** The socket of a family was opened, refused or lost. */
  readonly socketChanged: (family: Family) => void;
}

export class PacketResponder {
  readonly #dependencies: PacketResponderDependencies;
  readonly #counters = new Map<Ip, AddressCounters>();
  readonly #sockets = new Map<Family, NeighbourSocket>();
  #on: SuitableInterface;
  #state: ResponderState;
  #wake: Cancel | undefined;
  #addresses: readonly NumberedAddress[] = [];
  #malformed = 0;

  constructor(on: SuitableInterface, dependencies: PacketResponderDependencies) {
    this.#dependencies = dependencies;
    this.#on = on;
    this.#state = initialResponder(on.mac, on.carrier, dependencies.clock.nowMs());
  }

  get on(): SuitableInterface {
    return this.#on;
  }

  /** By family, those that the interface carries. */
  get sockets(): ReadonlyMap<Family, NeighbourSocket> {
    return this.#sockets;
  }

  get malformed(): number {
    return this.#malformed;
  }

  /** Of the addresses that are set. */
  get counters(): ReadonlyMap<Ip, Readonly<AddressCounters>> {
    return this.#counters;
  }

  /** Whoever asks for the address now is answered. */
  isAnswering(ip: Ip): boolean {
    return this.#state.carrier && this.#state.schedule.batchOf.has(ip);
  }

  /** Opens the packet sockets that are not, and tries again what else was refused. */
  open(): void {
    for (const socket of this.#sockets.values()) socket.open();
    for (const family of this.#on.families) if (!this.#sockets.has(family)) this.#openSocket(family);
  }

  /** The whole set of addresses to answer for, most important first. */
  set(addresses: readonly NumberedAddress[]): void {
    const before = this.#addresses;
    if (addresses.length === before.length && addresses.every(({ ip }, at) => ip === before[at]?.ip)) return;
    this.#addresses = addresses;
    const wanted = new Set(addresses.map(({ ip }) => ip));
    for (const ip of this.#counters.keys()) if (!wanted.has(ip)) this.#counters.delete(ip);
    for (const ip of wanted) {
      if (!this.#counters.has(ip)) this.#counters.set(ip, { requests: 0, replies: 0, announcements: 0 });
    }
    for (const [family, socket] of this.#sockets) socket.set(this.#addressesOf(family));
    this.#tellReady();
  }

  /** The interface as it is now. */
  update(on: SuitableInterface): void {
    const before = this.#on;
    this.#on = on;
    this.#dispatch({ kind: 'link', mac: on.mac, carrier: on.carrier, nowMs: this.#nowMs() });
    for (const family of before.families) if (!on.families.includes(family)) this.#closeSocket(family);
    for (const family of on.families) if (!before.families.includes(family)) this.#openSocket(family);
    if (on.addresses.some((ip) => !before.addresses.includes(ip))) {
      this.#dispatch({ kind: 'renewed', nowMs: this.#nowMs() });
    }
  }

  /** This thread has just come back from not running. */
  gap(): void {
    this.#dispatch({ kind: 'gap' });
  }

  /** Silent when it returns. */
  close(): void {
    this.#wake?.();
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
  }

  #openSocket(family: Family): void {
    const options = { protocol: neighbourProtocols[family], interfaceIndex: this.#on.index };
    const socket = new NeighbourSocket(options, this.#dependencies, {
      frame: (bytes) => this.#dispatch({ kind: 'frame', family, bytes }),
      changed: () => {
        this.#tellReady();
        this.#dependencies.socketChanged(family);
      },
      ready: () => this.#tellReady(),
    });
    this.#sockets.set(family, socket);
    socket.set(this.#addressesOf(family));
    socket.open();
  }

  #closeSocket(family: Family): void {
    this.#sockets.get(family)?.close();
    this.#sockets.delete(family);
    this.#tellReady();
  }

  #addressesOf(family: Family): readonly NumberedAddress[] {
    return this.#addresses.filter(({ ip }) => familyOf(ip) === family);
  }

  /** Only what is heard is announced. */
  #tellReady(): void {
    const ready = this.#addresses.filter((address) => this.#sockets.get(familyOf(address.ip))?.isReady(address));
    this.#dispatch({ kind: 'set', addresses: ready.map(({ ip }) => ip), nowMs: this.#nowMs() });
  }

  #dispatch(event: ResponderEvent): void {
    const { state, effects } = stepResponder(this.#state, event);
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: ResponderEffect): void {
    switch (effect.kind) {
      case 'send':
        this.#send(effect);
        break;
      case 'wakeAt':
        this.#wakeAt(effect.atMs);
        break;
      case 'discardReceived':
        for (const socket of this.#sockets.values()) socket.discard();
        break;
      case 'malformed':
        this.#malformed++;
        break;
    }
  }

  #send({ form, ip, bytes }: Extract<ResponderEffect, { kind: 'send' }>): void {
    const counters = this.#counters.get(ip);
    if (counters === undefined) return;
    if (form === 'reply') counters.requests++;
    this.#sockets.get(familyOf(ip))?.send({
      bytes,
      wanted: () => this.#counters.get(ip) === counters,
      sent: () => {
        if (form === 'reply') counters.replies++;
        else counters.announcements++;
        this.#dependencies.counted();
      },
    });
  }

  #wakeAt(atMs: number): void {
    this.#wake?.();
    this.#wake = this.#dependencies.clock.after(Math.max(0, atMs - this.#nowMs()), () => {
      this.#dependencies.gapEnded();
      this.#dispatch({ kind: 'wake', nowMs: this.#nowMs() });
    });
  }

  #nowMs(): number {
    return this.#dependencies.clock.nowMs();
  }
}
