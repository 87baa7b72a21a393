// The dialer of a peer: Idle, Connect and Active of RFC 4271 §8.2.2, and what becomes of it when a connection ends.
import type { Connection, ConnectionId, Dialer, Effects, EndCause, PeerState, PeerStep } from './peer-state.ts';
import type { PeerConfig } from './peer-config.ts';
import { encodeMessage } from './codec.ts';
import { headerOctets, maxMessageOctets } from './message.ts';
import { arm, connectTimeoutMs, disarm, disarmAll, idleHoldMs, jittered } from './peer-timers.ts';
import type { NotificationMessage } from './notification.ts';

/** What follows for the dialer when no connection is left. */
export type Aftermath =
  /** Rests, longer each time (DampPeerOscillations). */
  | 'damped'
  /** Tries again soon, and after ConnectRetryTime when that does not help. */
  | 'retry'
  /** Tries again after ConnectRetryTime, in Idle: nothing is accepted meanwhile either. */
  | 'rest'
  /** Stays in Idle until started. */
  | 'stopped'
  /** Begins anew at once. */
  | 'anew';

/** Beside header, code and subcode. */
const mostNotificationDataOctets = maxMessageOctets - headerOctets - 2;

export function nothing(state: PeerState): PeerStep {
  return { state, effects: [] };
}

export function after(before: Effects, { state, effects }: PeerStep): PeerStep {
  return { state, effects: [...before, ...effects] };
}

/** To Connect, or to Active where the other side dials. */
export function begin(state: PeerState, config: PeerConfig): PeerStep {
  if (config.passive) return { state: withDialer(state, { state: 'active' }), effects: [] };
  const lastDialed = state.lastDialed + 1;
  const id: ConnectionId = `dialed ${lastDialed}`;
  return {
    state: { ...withDialer(state, { state: 'connect', id }), lastDialed },
    effects: [{ kind: 'dial', id, timeoutMs: dialTimeoutMs(config) }, armConnectRetry(config)],
  };
}

/** An attempt ends before the next one begins, whatever jitter makes of ConnectRetryTime: only so it is told why it came to nothing. */
function dialTimeoutMs({ connectRetryTimeMs }: PeerConfig): number {
  return Math.min(connectTimeoutMs, connectRetryTimeMs / 2);
}

/** To Active: the next attempt is made after ConnectRetryTime, and the peer's may come before. */
export function waitForRetry(state: PeerState, config: PeerConfig): PeerStep {
  return {
    state: withDialer(state, { state: 'active' }),
    effects: config.passive ? [] : [armConnectRetry(config)],
  };
}

/**
 * To Active, with a ConnectRetryTime that begins at a second: whoever is there and closes at once is often busy with the end of our session before,
 * and is not for long (seen with FRR).
 */
function retrySoon(state: PeerState, config: PeerConfig): PeerStep {
  const connectRetryTimeMs = Math.min(config.connectRetryTimeMs, idleHoldMs(state.refusals));
  return waitForRetry({ ...state, refusals: state.refusals + 1 }, { ...config, connectRetryTimeMs });
}

/** Gives up what the dialer is about, for a connection has taken its place. */
export function engage(state: PeerState): PeerStep {
  return { state: withDialer(state, { state: 'engaged' }), effects: [...cancelDial(state), disarm('connectRetry')] };
}

/** Ends one connection; the dialer goes by the aftermath when it was the last. */
export function endConnection(
  state: PeerState,
  connection: Connection,
  end: { readonly cause: EndCause; readonly how?: 'fin' | 'rst'; readonly aftermath: Aftermath },
  config: PeerConfig,
): PeerStep {
  const connections = state.connections.filter(({ id }) => id !== connection.id);
  const effects: Effects = [
    ...farewell(connection, end.cause, end.how ?? 'fin'),
    ...disarmAll(connection),
    ...(connection.state === 'established' ? [disarm('stable')] : []),
    { kind: 'ended', id: connection.id, from: connection.state, cause: end.cause },
  ];
  const left: PeerState = { ...state, connections };
  return after(effects, connections.length > 0 ? nothing(left) : settle(left, end.aftermath, config));
}

/** Ends all connections, with the same NOTIFICATION, and every attempt. */
export function endAll(state: PeerState, cause: EndCause, aftermath: 'stopped' | 'anew', config: PeerConfig): PeerStep {
  let step = nothing(state);
  for (const connection of state.connections) {
    step = after(step.effects, endConnection(step.state, connection, { cause, aftermath: 'stopped' }, config));
  }
  return after(step.effects, settle(step.state, aftermath, config));
}

/** Tells the peer why, if it has heard OPEN from us, and closes. The RFC has nothing sent in answer to a NOTIFICATION (§6.4). */
function farewell(connection: Connection, cause: EndCause, how: 'fin' | 'rst'): Effects {
  const { id } = connection;
  if (cause.kind === 'tcp') return [];
  if (cause.kind !== 'sent' || connection.state === 'waiting') return [{ kind: 'close', id, how }];
  const octets = encodeNotification(cause.notification);
  if (how === 'rst') return [{ kind: 'close', id, how, lastWords: octets }];
  return [
    { kind: 'send', id, octets },
    { kind: 'close', id, how },
  ];
}

/** The data, which may be a whole attribute, are cut to what every peer can read: we take longer messages than it may (RFC 8654 §4). */
function encodeNotification(message: NotificationMessage): Uint8Array {
  const data = message.data.subarray(0, mostNotificationDataOctets);
  return encodeMessage({ ...message, data }, { fourOctetAs: true, internal: false });
}

function settle(state: PeerState, aftermath: Aftermath, config: PeerConfig): PeerStep {
  switch (aftermath) {
    case 'damped':
      return idleHold({ ...state, failures: state.failures + 1 }, idleHoldMs(state.failures), config);
    case 'rest':
      return idleHold(state, config.connectRetryTimeMs, config);
    case 'retry':
      return state.dialer.state === 'engaged' ? retrySoon(state, config) : nothing(state);
    case 'stopped':
      return {
        state: withDialer(state, { state: 'idle', until: 'start' }),
        effects: [...cancelDial(state), disarm('connectRetry'), disarm('idleHold')],
      };
    case 'anew':
      return after(
        [...cancelDial(state), disarm('connectRetry'), disarm('idleHold')],
        begin({ ...state, failures: 0, refusals: 0 }, config),
      );
  }
}

function idleHold(state: PeerState, delayMs: number, { random }: PeerConfig): PeerStep {
  return {
    state: withDialer(state, { state: 'idle', until: 'idleHold' }),
    effects: [...cancelDial(state), disarm('connectRetry'), arm('idleHold', jittered(random, delayMs))],
  };
}

function cancelDial({ dialer }: PeerState): Effects {
  return dialer.state === 'connect' ? [{ kind: 'close', id: dialer.id, how: 'rst' }] : [];
}

function armConnectRetry({ random, connectRetryTimeMs }: PeerConfig): Effects[number] {
  return arm('connectRetry', jittered(random, connectRetryTimeMs));
}

function withDialer(state: PeerState, dialer: Dialer): PeerState {
  return { ...state, dialer };
}
