// The responder of one interface, run on a packet socket (shell): frames in, frames out, and what was counted on the way. An interface that
// refuses its socket, or takes it back, is a link without carrier to the engine until the socket is there again.
import type { Ip } from '#shared/net/ip.ts';
import type { Cancel, Clock } from '#shared/runtime/clock.ts';
import type {
  PacketFilter,
  PacketSocket,
  PacketSockets,
  PacketSocketStatistics,
  SystemFailure,
} from './packet-socket.ts';
import type { NumberedAddress } from './answered-addresses.ts';
import { arpFilter, coarseArpFilter } from './arp-filter.ts';
import { etherTypes } from './ethernet.ts';
import { FrameSender } from './frame-sender.ts';
import {
  initialResponder,
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

export interface PacketResponderDependencies {
  readonly clock: Clock;
  readonly packetSockets: PacketSockets;
  /** Called first in every turn: true when this thread has just come back from a gap, so that what is in hand is old. */
  readonly gapEnded: () => boolean;
  /** Something that is observed has changed; `socket` tells that it was opened or lost. */
  readonly changed: (what: 'counters' | 'socket') => void;
}

interface OpenSocket {
  readonly socket: PacketSocket;
  readonly sender: FrameSender;
}

export class PacketResponder {
  readonly #dependencies: PacketResponderDependencies;
  readonly #counters = new Map<Ip, AddressCounters>();
  #on: SuitableInterface;
  #state: ResponderState;
  #open: OpenSocket | undefined;
  #failure: SystemFailure | undefined;
  #wake: Cancel | undefined;
  #addresses: readonly NumberedAddress[] = [];
  #malformed = 0;

  constructor(on: SuitableInterface, dependencies: PacketResponderDependencies) {
    this.#dependencies = dependencies;
    this.#on = on;
    this.#state = initialResponder(on.mac, false, dependencies.clock.nowMs());
  }

  get on(): SuitableInterface {
    return this.#on;
  }

  /** Why there is no packet socket now. */
  get failure(): SystemFailure | undefined {
    return this.#failure;
  }

  /** Answers are given now, to those who ask for what was `set`. */
  get active(): boolean {
    return this.#state.carrier;
  }

  get malformed(): number {
    return this.#malformed;
  }

  get framesLost(): number {
    return this.#open?.sender.lost ?? 0;
  }

  /** Of the socket that is open now. */
  statistics(): PacketSocketStatistics | undefined {
    return this.#open?.socket.statistics();
  }

  /** Of the addresses that are set. */
  get counters(): ReadonlyMap<Ip, Readonly<AddressCounters>> {
    return this.#counters;
  }

  /** Opens the packet socket if it is not. */
  open(): void {
    if (this.#open !== undefined) return;
    const socket = this.#dependencies.packetSockets.open(
      { interfaceIndex: this.#on.index, etherType: etherTypes.arp, filter: filterFor(this.#addresses) },
      { frame: (bytes) => this.#received(bytes), failed: (failure) => this.#lost(failure) },
    );
    if ('code' in socket) {
      const isNews = this.#failure?.code !== socket.code;
      this.#failure = socket;
      if (isNews) this.#dependencies.changed('socket');
      return;
    }
    this.#failure = undefined;
    this.#open = { socket, sender: new FrameSender(socket, this.#dependencies) };
    this.#tellLink();
    this.#dependencies.changed('socket');
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
    this.#open?.socket.setFilter(filterFor(addresses));
    this.#dispatch({ kind: 'set', addresses: [...wanted], nowMs: this.#nowMs() });
  }

  /** The interface as it is now. */
  update(on: SuitableInterface): void {
    const before = this.#on;
    this.#on = on;
    this.#tellLink();
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
    this.#open?.sender.forgetWaiting();
    this.#open?.socket.close();
    this.#open = undefined;
  }

  #received(bytes: Uint8Array): void {
    if (this.#dependencies.gapEnded()) return;
    this.#dispatch({ kind: 'frame', bytes });
  }

  #lost(failure: SystemFailure): void {
    this.#open?.sender.forgetWaiting();
    this.#open = undefined;
    this.#failure = failure;
    this.#tellLink();
    this.#dependencies.changed('socket');
  }

  #tellLink(): void {
    const carrier = this.#on.carrier && this.#open !== undefined;
    this.#dispatch({ kind: 'link', mac: this.#on.mac, carrier, nowMs: this.#nowMs() });
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
        this.#open?.sender.forgetWaiting();
        this.#open?.socket.discardReceived();
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
    this.#open?.sender.send({
      bytes,
      wanted: () => this.#counters.get(ip) === counters,
      sent: () => {
        if (form === 'reply') counters.replies++;
        else counters.announcements++;
        this.#dependencies.changed('counters');
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

function filterFor(addresses: readonly NumberedAddress[]): PacketFilter {
  return { program: arpFilter(addresses.map(({ value }) => Number(value))), coarse: coarseArpFilter };
}
