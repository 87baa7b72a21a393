// The vocabulary of one peer's state machine (RFC 4271 §8): what it knows, what it is told, what it wants done.
//
// RFC 4271 has one machine a connection. Here a peer has one dialer, which lives in Idle, Connect and Active, and its connections, which live
// in OpenSent, OpenConfirm and Established: a collision is then two connections of one peer, not two machines that must find each other.
import type { Ip } from '#shared/net/ip.ts';
import type { TimerEffect, TimerEvent } from '#shared/runtime/runner.ts';
import type { BgpError } from './bgp-error.ts';
import type { Direction } from './collision.ts';
import type { Negotiated, OpenMemory } from './negotiation.ts';
import type { NotificationMessage } from './notification.ts';
import type { OpenMessage } from './open.ts';
import type { RouteRefreshMessage } from './route-refresh.ts';

/** Dialled ones are numbered by the machine, accepted ones by who accepts them. */
export type ConnectionId = `${Direction} ${number}`;

/** Of the TCP connection; a link-local address without its zone. */
export interface Addresses {
  readonly local: Ip;
  readonly remote: Ip;
}

export interface PeerState {
  readonly dialer: Dialer;
  /** At most one dialled and one accepted, and beside an Established one another of the same kind. */
  readonly connections: readonly Connection[];
  /** Errors since the last stable session: the next rest is longer. */
  readonly failures: number;
  /** Connections in a row that came up and were closed before anything was said: the next attempt waits longer. */
  readonly refusals: number;
  /** Number of the last dialled connection. */
  readonly lastDialed: number;
  readonly memory: OpenMemory;
}

export type Dialer =
  | { readonly state: 'idle'; readonly until: 'start' | 'idleHold' }
  | { readonly state: 'connect'; readonly id: ConnectionId }
  | { readonly state: 'active' }
  /** What it dialled is a connection now, or another one is Established. */
  | { readonly state: 'engaged' };

interface Opened {
  readonly id: ConnectionId;
  readonly direction: Direction;
  readonly addresses: Addresses;
  /** Came up while another one was Established. */
  readonly duringEstablished: boolean;
}

/** The DelayOpen timer runs; RFC 4271 counts this as Connect or Active. */
export type WaitingConnection = Opened & { readonly state: 'waiting' };
export type OpenSentConnection = Opened & { readonly state: 'openSent'; readonly sent: OpenMessage };
export type AgreedConnection = Opened & {
  readonly state: 'openConfirm' | 'established';
  readonly sent: OpenMessage;
  readonly received: OpenMessage;
  readonly negotiated: Negotiated;
};

export type Connection = WaitingConnection | OpenSentConnection | AgreedConnection;

export type PeerEvent =
  /** 1, 3–7. */
  | { readonly kind: 'start' }
  /** 2, 8. `restart` says nothing to the peer, which then keeps our routes for our successor (RFC 4724). */
  | { readonly kind: 'stop'; readonly reason: 'shutdown' | 'peerDeleted' | 'restart'; readonly text: string }
  /** Ends the session and begins anew: asked for by a person, or since the configuration is another. */
  | { readonly kind: 'renew'; readonly reason: 'reset' | 'configurationChange'; readonly text: string }
  /** Too much of something: ends the session for a while. */
  | { readonly kind: 'exhausted'; readonly reason: 'prefixLimit' | 'outOfResources' }
  /** 9–13, 29. */
  | TimerEvent
  /** 14, 16. */
  | { readonly kind: 'connected'; readonly id: ConnectionId; readonly addresses: Addresses }
  /** 15, 17. */
  | { readonly kind: 'accepted'; readonly id: ConnectionId; readonly addresses: Addresses }
  /** 18: TCP could not be had, or ended. */
  | { readonly kind: 'closed'; readonly id: ConnectionId; readonly error: string }
  /** 19, 20. */
  | { readonly kind: 'open'; readonly id: ConnectionId; readonly message: OpenMessage }
  /** 21, 22, 28. */
  | { readonly kind: 'wireError'; readonly id: ConnectionId; readonly error: BgpError }
  /** 24, 25. */
  | { readonly kind: 'notification'; readonly id: ConnectionId; readonly message: NotificationMessage }
  /** 26. */
  | { readonly kind: 'keepalive'; readonly id: ConnectionId }
  /** 27: one that does not cost the session. */
  | { readonly kind: 'update'; readonly id: ConnectionId }
  | { readonly kind: 'routeRefresh'; readonly id: ConnectionId; readonly message: RouteRefreshMessage }
  /** The kernel has taken octets. */
  | { readonly kind: 'drained'; readonly id: ConnectionId }
  | { readonly kind: 'bfd'; readonly state: 'up' | 'down' | 'adminDown' }
  /** This thread did not run for a while, and what came meanwhile is not read yet. */
  | { readonly kind: 'gap' };

export type PeerEffect =
  | { readonly kind: 'dial'; readonly id: ConnectionId; readonly timeoutMs: number }
  | { readonly kind: 'send'; readonly id: ConnectionId; readonly octets: Uint8Array }
  /** `fin` sends what is still to be sent first. With `rst`, `lastWords` are sent only if the socket takes them whole. */
  | { readonly kind: 'close'; readonly id: ConnectionId; readonly how: 'fin' | 'rst'; readonly lastWords?: Uint8Array }
  | { readonly kind: 'established'; readonly connection: AgreedConnection }
  /** The Established connection is asked for its routes. */
  | { readonly kind: 'refresh'; readonly message: RouteRefreshMessage }
  | { readonly kind: 'ended'; readonly id: ConnectionId; readonly from: Connection['state']; readonly cause: EndCause };

/** For logs, metrics and status. */
export type EndCause =
  | { readonly kind: 'sent'; readonly notification: NotificationMessage; readonly why: string }
  | { readonly kind: 'received'; readonly notification: NotificationMessage }
  | { readonly kind: 'tcp'; readonly error: string }
  /** Closed by us without a word. */
  | { readonly kind: 'silent'; readonly why: string };

export type Effects = readonly (PeerEffect | TimerEffect)[];

export interface PeerStep {
  readonly state: PeerState;
  readonly effects: Effects;
}

/** The state that RFC 4271 would be in. */
export type RfcState = 'Idle' | 'Connect' | 'Active' | 'OpenSent' | 'OpenConfirm' | 'Established';

const ranks: readonly Connection['state'][] = ['established', 'openConfirm', 'openSent', 'waiting'];

/** The furthest connection's, else the dialer's. */
export function rfcState({ dialer, connections }: PeerState): RfcState {
  const [furthest] = connections.toSorted((a, b) => ranks.indexOf(a.state) - ranks.indexOf(b.state));
  switch (furthest?.state) {
    case 'established':
      return 'Established';
    case 'openConfirm':
      return 'OpenConfirm';
    case 'openSent':
      return 'OpenSent';
    case 'waiting':
      return furthest.direction === 'dialed' ? 'Connect' : 'Active';
    case undefined:
      return dialer.state === 'idle' ? 'Idle' : dialer.state === 'connect' ? 'Connect' : 'Active';
  }
}
