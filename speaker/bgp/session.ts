// The BGP session with one peer (shell): runs its state machine on TCP connections. Each peer has its own: what one does, or fails to do,
// delays no other.
import type { Ip } from '#shared/net/ip.ts';
import type { Cancel, Clock } from '#shared/runtime/clock.ts';
import type { Log } from '#shared/runtime/log.ts';
import type { Random } from '#shared/runtime/random.ts';
import { Runner, type TimerEvent } from '#shared/runtime/runner.ts';
import { BgpError } from './bgp-error.ts';
import type { Received } from './codec.ts';
import { familyOfAfiSafi } from './family.ts';
import { initialPeer, stepPeer } from './fsm.ts';
import { kindOf } from './message.ts';
import type { InterfaceAddresses } from './next-hop.ts';
import { outSession } from './out-session.ts';
import { patientClock } from './patient-clock.ts';
import type { PeerSession } from './peer-session.ts';
import {
  rfcState,
  type Addresses,
  type AgreedConnection,
  type Connection,
  type ConnectionId,
  type PeerEffect,
  type PeerEvent,
  type PeerState,
  type PeerStep,
  type RfcState,
} from './peer-state.ts';
import { ReceivedPrefixes } from './received-prefixes.ts';
import { refreshSubtypes, type RouteRefreshMessage } from './route-refresh.ts';
import { emptyTable, tableBeforeShutdown, type RouteTable } from './route-table.ts';
import { RoutesOut } from './routes-out.ts';
import { changeOf } from './session-change.ts';
import { SessionLinks } from './session-links.ts';
import { SessionCounts, type SessionStatus } from './session-status.ts';
import { SessionStory } from './session-story.ts';
import type { TcpConnection, TcpHandler, TcpStack } from './tcp-stack.ts';
import type { UpdateOutcome } from './update.ts';

export interface SessionDependencies {
  readonly clock: Clock;
  readonly random: Random;
  readonly tcp: TcpStack;
  readonly log: Log;
  /** Of the interface that has this address of ours; of several that of the name given. */
  readonly interfaceOf: (local: Ip, device: string | undefined) => InterfaceAddresses;
  /** Something in a status is another. */
  readonly changed: () => void;
}

/** How a session ends for good. */
export interface Leaving {
  readonly reason: 'shutdown' | 'peerDeleted';
  readonly text: string;
  /** A successor comes soon: a peer that can is left holding our routes (RFC 4724). */
  readonly keepsRoutes: boolean;
  /** For everybody to find other routes. */
  readonly graceMs: number;
}

/** From the withdrawal to the end of the session. */
const withdrawnMs = 1_000;

type Ended = Extract<PeerEffect, { kind: 'ended' }>;

export class BgpSession {
  readonly #dependencies: SessionDependencies;
  readonly #runner: Runner<PeerState, PeerEvent, PeerEffect>;
  readonly #routes: RoutesOut;
  readonly #story: SessionStory;
  readonly #counts = new SessionCounts();
  readonly #links: SessionLinks;
  #peer: PeerSession;
  #lastAccepted = 0;
  /** Undefined unless it is. */
  #leaving: Cancel | undefined;
  /** Of the Established connection, where there is a limit. */
  #received: ReceivedPrefixes | undefined;
  #state: RfcState = 'Idle';
  #sinceMs: number;

  constructor(peer: PeerSession, dependencies: SessionDependencies) {
    const { clock, log, changed } = dependencies;
    this.#peer = peer;
    this.#dependencies = dependencies;
    this.#sinceMs = clock.wallMs();
    this.#routes = new RoutesOut(clock, changed);
    this.#story = new SessionStory(peer.name, log);
    this.#links = new SessionLinks(clock, dependencies.tcp, {
      connected: (id, addresses) => this.#runner.dispatch({ kind: 'connected', id, addresses }),
      received: (id, message) => this.#take(id, message),
      drained: (id) => this.#drained(id),
      closed: (id, error) => this.#closed(id, error),
      connection: (id) => this.#connection(id),
    });
    this.#runner = new Runner(
      { initial: initialPeer, step: (state, event) => this.#step(state, event) },
      patientClock(clock),
      (effect) => this.#perform(effect),
    );
  }

  start(): void {
    this.#runner.dispatch({ kind: 'start' });
  }

  /** `restart` leaves our routes to our successor. The session can be started again. */
  stop(reason: 'shutdown' | 'peerDeleted' | 'restart', text: string): void {
    this.#leaving?.();
    this.#leaving = undefined;
    this.#runner.dispatch({ kind: 'stop', reason, text });
  }

  /**
   * Stops without a loss: the peer is asked to use other routes, has time to do so, is told that ours are gone, and has time again. At once
   * where there is no session, or where the peer keeps our routes for our successor and shall. No routes are taken meanwhile, and `left` is not
   * called when it is stopped meanwhile.
   */
  leave({ reason, text, keepsRoutes, graceMs }: Leaving, left: () => void): void {
    const established = this.#established;
    const isKept = keepsRoutes && established?.negotiated.peerKeepsRoutes === true;
    const end = (): void => {
      this.stop(isKept ? 'restart' : reason, text);
      left();
    };
    if (established === undefined || isKept) {
      end();
      return;
    }
    const { clock } = this.#dependencies;
    this.#routes.set(tableBeforeShutdown(this.#routes.wanted), true);
    this.#leaving = clock.after(graceMs, () => {
      this.#routes.set(emptyTable, true);
      this.#leaving = clock.after(withdrawnMs, end);
    });
  }

  /** Ends the session and begins it anew, because a person asks for it. */
  reset(text: string): void {
    this.#runner.dispatch({ kind: 'renew', reason: 'reset', text });
  }

  /** Of the same name. What needs no other session leaves this one as it is. */
  configure(peer: PeerSession): void {
    const change = changeOf(this.#met ?? this.#peer, peer);
    this.#peer = peer;
    if (change === 'none' || (change === 'password' && this.#goesOnWith(peer.transport.password))) return;
    this.#runner.dispatch({ kind: 'renew', reason: 'configurationChange', text: 'configuration changed' });
  }

  /** The peer as it is known from its session: it may have found us before we have heard of it. */
  get #met(): PeerSession | undefined {
    const established = this.#established;
    const { transport } = this.#peer;
    if (established === undefined || transport.remote !== undefined) return undefined;
    return { ...this.#peer, transport: { ...transport, remote: established.addresses.remote } };
  }

  /** Only what is Established is worth to be kept: everything else is tried anew, at once. */
  #goesOnWith(password: Uint8Array | undefined): boolean {
    const established = this.#established;
    const tcp = established && this.#links.get(established.id);
    return tcp !== undefined && tcp.changePassword(password) === undefined;
  }

  /** All that the peer shall hold; only what is `complete` is ever ended with End-of-RIB. */
  setRoutes(routes: RouteTable, complete: boolean): void {
    if (this.#leaving === undefined) this.#routes.set(routes, complete);
  }

  /** Addresses of this machine's interfaces are others, and so next hops may be. */
  interfacesChanged(): void {
    const established = this.#established;
    if (established !== undefined) this.#routes.readdress(this.#outSession(established));
  }

  bfd(state: 'up' | 'down' | 'adminDown'): void {
    this.#runner.dispatch({ kind: 'bfd', state });
  }

  /** A connection that the peer has opened. Undefined: it is not wanted now. */
  accept(tcp: TcpConnection, addresses: Addresses): TcpHandler | undefined {
    if (this.#runner.state.dialer.state === 'idle') return undefined;
    this.#lastAccepted++;
    const id: ConnectionId = `accepted ${this.#lastAccepted}`;
    const handler = this.#links.accept(id, tcp);
    this.#runner.dispatch({ kind: 'accepted', id, addresses });
    return handler;
  }

  get isEstablished(): boolean {
    return this.#state === 'Established';
  }

  get status(): SessionStatus {
    const established = this.#established;
    return {
      name: this.#peer.name,
      state: this.#state,
      sinceMs: this.#sinceMs,
      negotiated: established?.negotiated,
      addresses: established?.addresses,
      lastError: this.#story.lastError,
      refused: this.#runner.state.memory,
      ...this.#routes.status,
      unsentOctets: (established && this.#links.get(established.id)?.unsentOctets) ?? 0,
      counters: this.#counts,
    };
  }

  get #established(): AgreedConnection | undefined {
    return this.#runner.state.connections.find(
      (connection): connection is AgreedConnection => connection.state === 'established',
    );
  }

  #outSession(connection: AgreedConnection): ReturnType<typeof outSession> {
    const { config, transport } = this.#peer;
    const { local } = connection.addresses;
    return outSession(connection, config.localAsn, this.#dependencies.interfaceOf(local, transport.device));
  }

  #step(before: PeerState, event: PeerEvent | TimerEvent): PeerStep {
    const step = stepPeer(before, event, { ...this.#peer.config, random: this.#dependencies.random });
    const state = rfcState(step.state);
    if (state !== this.#state) {
      this.#state = state;
      this.#sinceMs = this.#dependencies.clock.wallMs();
      this.#dependencies.changed();
    }
    return step;
  }

  #perform(effect: PeerEffect): void {
    switch (effect.kind) {
      case 'dial':
        this.#links.dial(effect.id, this.#peer.transport, effect.timeoutMs);
        break;
      case 'send':
        this.#send(effect.id, effect.octets);
        break;
      case 'close':
        this.#links.close(effect);
        break;
      case 'established':
        this.#establish(effect.connection);
        break;
      case 'refresh':
        this.#refresh(effect.message);
        break;
      case 'ended':
        this.#ended(effect);
    }
  }

  #connection(id: ConnectionId): Connection | undefined {
    return this.#runner.state.connections.find((one) => one.id === id);
  }

  #closed(id: ConnectionId, error: string): void {
    if (this.#connection(id) === undefined) this.#story.notReached(error);
    this.#runner.dispatch({ kind: 'closed', id, error });
  }

  #take(id: ConnectionId, message: Received | BgpError): void {
    if (message instanceof BgpError) {
      this.#runner.dispatch({ kind: 'wireError', id, error: message });
      return;
    }
    this.#counts.received[message.kind]++;
    switch (message.kind) {
      case 'keepalive':
        this.#runner.dispatch({ kind: 'keepalive', id });
        break;
      case 'update':
        this.#runner.dispatch({ kind: 'update', id });
        if (this.#connection(id)?.state === 'established') this.#update(message.outcome);
        break;
      case 'open':
        this.#runner.dispatch({ kind: 'open', id, message });
        break;
      case 'notification':
        this.#runner.dispatch({ kind: 'notification', id, message });
        break;
      case 'routeRefresh':
        this.#runner.dispatch({ kind: 'routeRefresh', id, message });
    }
  }

  /** Counted and forgotten: we never use anybody's routes. */
  #update(outcome: UpdateOutcome): void {
    this.#counts.update(outcome);
    const [error] = outcome.errors;
    if (error !== undefined) this.#story.badUpdate(error.message, outcome.consequence ?? 'attributeDiscard');
    if (this.#received?.exceededBy(outcome) === true) {
      this.#runner.dispatch({ kind: 'exhausted', reason: 'prefixLimit' });
    }
  }

  #drained(id: ConnectionId): void {
    this.#runner.dispatch({ kind: 'drained', id });
    if (this.#connection(id)?.state === 'established') this.#routes.drained();
  }

  #send(id: ConnectionId, octets: Uint8Array): void {
    const kind = kindOf(octets);
    if (kind !== undefined) this.#counts.sent[kind]++;
    this.#links.get(id)?.write(octets);
  }

  #establish(connection: AgreedConnection): void {
    const { id, negotiated } = connection;
    const { prefixLimit } = this.#peer;
    this.#received = prefixLimit === undefined ? undefined : new ReceivedPrefixes(prefixLimit, negotiated.families);
    this.#story.established(connection);
    this.#routes.begin(this.#outSession(connection), {
      unsentOctets: () => this.#links.get(id)?.unsentOctets ?? 0,
      write: (octets) => this.#send(id, octets),
    });
  }

  /** The marks of the peer's own refreshes (RFC 7313) concern routes that we do not keep. */
  #refresh(message: RouteRefreshMessage): void {
    const family = familyOfAfiSafi(message);
    if (family !== undefined && message.subtype === refreshSubtypes.request) this.#routes.refresh(family);
  }

  #ended({ from, cause }: Ended): void {
    this.#counts.ended(from === 'established', cause);
    this.#story.ended(from, cause);
    if (from === 'established') {
      this.#received = undefined;
      this.#routes.end();
    }
    this.#dependencies.changed();
  }
}
