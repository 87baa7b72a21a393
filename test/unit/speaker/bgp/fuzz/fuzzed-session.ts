// A session whose peer is played octet by octet: each connection that it dials is brought as far as is wanted, then told anything.
import type { Log } from '#shared/runtime/log.ts';
import { keepalive, maxMessageOctets } from '#speaker/bgp/message.ts';
import type { InterfaceAddresses } from '#speaker/bgp/next-hop.ts';
import type { Negotiated } from '#speaker/bgp/negotiation.ts';
import { describeNotification } from '#speaker/bgp/notification.ts';
import type { PeerSession } from '#speaker/bgp/peer-session.ts';
import { BgpSession } from '#speaker/bgp/session.ts';
import type { SessionStatus } from '#speaker/bgp/session-status.ts';
import type { TcpConnection, TcpHandler, TcpStack } from '#speaker/bgp/tcp-stack.ts';
import { VirtualClock } from '#test/simulation/time/virtual-clock.ts';
import { decodeWhole, external } from '../octets.ts';
import { routes } from '../out-play.ts';
import { addresses, noJitter } from '../peer-play.ts';

export type Stage = 'openSent' | 'openConfirm' | 'established';

/** One of ours and what its router answers. */
export interface Scene {
  readonly peer: PeerSession;
  readonly open: Uint8Array;
}

/** Longer than the longest rest after an error. */
const longestRestMs = 130_000;
/** Shorter than what a connection may take to come up. */
const patienceMs = 4_000;
const silent = (): void => {};
const log: Log = { debug: silent, info: silent, warn: silent, error: silent };
const interfaceOf = (): InterfaceAddresses => ({ globalIPv6: undefined });
const announced = routes([{}, '198.51.100.1/32 2001:db8::1/128']);

export class FuzzedSession {
  readonly clock = new VirtualClock();
  readonly #session: BgpSession;
  #open: Uint8Array;
  #handler: TcpHandler | undefined;
  /** Of the connection. */
  #written: Uint8Array[] = [];
  #agreed: Negotiated | undefined;
  #isOver = true;

  constructor({ peer, open }: Scene) {
    this.#open = open;
    const tcp: TcpStack = {
      sourceTowards: () => addresses.local,
      connect: (_, handler) => this.#dialled(handler),
      listen: () => ({ failure: 'not here' }),
    };
    this.#session = new BgpSession(peer, {
      clock: this.clock,
      random: noJitter,
      tcp,
      log,
      interfaceOf,
      changed: silent,
    });
    this.#session.setRoutes(announced, true);
    this.#session.start();
  }

  get status(): SessionStatus {
    return this.#session.status;
  }

  /** From now on; what was learned of the router is forgotten. */
  play({ peer, open }: Scene): void {
    this.#open = open;
    this.#session.configure(peer);
  }

  /** A connection of its own, at that stage. */
  connect(stage: Stage): void {
    if (!this.#isOver) this.#handler?.closed('ECONNRESET');
    this.#handler = undefined;
    for (let waitedMs = 0; this.#handler === undefined; waitedMs += patienceMs) {
      if (waitedMs > longestRestMs) throw new Error(`it does not dial any more: ${this.status.lastError}`);
      this.clock.advance(patienceMs);
    }
    const handler: TcpHandler = this.#handler;
    handler.connected(addresses);
    if (stage !== 'openSent') handler.received(this.#open.slice());
    if (stage === 'established') handler.received(keepalive.slice());
    const { state, negotiated, lastError } = this.status;
    const expected = { openSent: 'OpenSent', openConfirm: 'OpenConfirm', established: 'Established' }[stage];
    if (state !== expected) throw new Error(`it is ${state}: ${lastError}`);
    // What every session begins with is for other tests.
    this.#written = [];
    this.#agreed = negotiated;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  hear(octets: Uint8Array): void {
    if (!this.#isOver) this.#handler?.received(octets);
  }

  /** Of what it has said since the last call: messages that are right, none too long for the peer, none after a NOTIFICATION. Returns that. */
  judge(): string | undefined {
    if (this.#written.length === 0) return undefined;
    this.#agreed ??= this.status.negotiated;
    let last: string | undefined;
    for (const octets of this.#written.splice(0)) {
      if (last !== undefined) throw new Error(`something is said after ${last}`);
      if (octets.length > maxMessageOctets && this.#agreed?.extendedMessage !== true) {
        throw new Error(`a message of ${octets.length} octets to a peer that has not offered to take it`);
      }
      const message = decodeWhole(octets, { ...external, ...this.#agreed });
      // What was agreed on is not known where one segment began the session and ended it.
      if (message.kind === 'update' && message.outcome.errors.length > 0 && this.#agreed !== undefined) {
        throw new Error('an UPDATE that is wrong');
      }
      if (message.kind !== 'notification') continue;
      last = `${message.code}/${message.subcode}`;
      describeNotification(message);
    }
    if (last !== undefined && !this.#isOver) throw new Error(`the connection goes on after ${last}`);
    return last;
  }

  #dialled(handler: TcpHandler): TcpConnection {
    this.#handler = handler;
    this.#isOver = false;
    this.#written = [];
    const over = (): void => void (this.#isOver = true);
    return {
      unsentOctets: 0,
      write: (octets) => void (this.#isOver || this.#written.push(octets)),
      end: over,
      reset: over,
      changePassword: () => undefined,
    };
  }
}
