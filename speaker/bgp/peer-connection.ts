// The connections of a peer: OpenSent, OpenConfirm and Established of RFC 4271 §8.2.2, and the wait before (DelayOpen, §8.1.3).
import { BgpError } from './bgp-error.ts';
import { encodeMessage, type Message } from './codec.ts';
import { stayingDirection } from './collision.ts';
import { errorCodes } from './error-codes.ts';
import { keepalive, messageTypes } from './message.ts';
import { learn, negotiate, ownOpen, type Negotiated } from './negotiation.ts';
import { cease, notification, type NotificationMessage } from './notification.ts';
import type { OpenMessage } from './open.ts';
import type { PeerConfig } from './peer-config.ts';
import { after, endConnection, engage, nothing, type Aftermath } from './peer-dialer.ts';
import type {
  AgreedConnection,
  Connection,
  Effects,
  EndCause,
  OpenSentConnection,
  PeerEvent,
  PeerState,
  PeerStep,
  WaitingConnection,
} from './peer-state.ts';
import {
  arm,
  armHold,
  armKeepalive,
  armOf,
  armSendHold,
  largeHoldTimeMs,
  stableAfterMs,
  type ConnectionTimer,
} from './peer-timers.ts';

/** What a connection is told: events that carry its id, and its timers. */
export type ConnectionEvent =
  | Extract<
      PeerEvent,
      { kind: 'closed' | 'open' | 'wireError' | 'notification' | 'keepalive' | 'update' | 'routeRefresh' | 'drained' }
    >
  | { readonly kind: 'timer'; readonly timer: ConnectionTimer };

/** TCP is there. OPEN goes first, at once unless it is to wait for the peer's. */
export function beginConnection(
  state: PeerState,
  opened: Omit<WaitingConnection, 'state'>,
  config: PeerConfig,
): PeerStep {
  const waiting: WaitingConnection = { ...opened, state: 'waiting' };
  const entered: PeerState = { ...state, connections: [...state.connections, waiting] };
  if (config.delayOpenTimeMs === 0) return sendOpen(entered, waiting, config);
  return { state: entered, effects: [armOf(opened.id, 'delayOpen', config.delayOpenTimeMs)] };
}

export function stepConnection(
  state: PeerState,
  connection: Connection,
  event: ConnectionEvent,
  config: PeerConfig,
): PeerStep {
  switch (connection.state) {
    case 'waiting':
      return inWaiting(state, connection, event, config);
    case 'openSent':
      return inOpenSent(state, connection, event, config);
    case 'openConfirm':
      return inOpenConfirm(state, connection, event, config);
    case 'established':
      return inEstablished(state, connection, event, config);
  }
}

/** RFC 4271 §8.2.2, Connect and Active while the DelayOpen timer runs. Nothing is sent before OPEN, so no NOTIFICATION either. */
function inWaiting(
  state: PeerState,
  connection: WaitingConnection,
  event: ConnectionEvent,
  config: PeerConfig,
): PeerStep {
  switch (event.kind) {
    case 'timer':
      return sendOpen(state, connection, config);
    case 'closed':
      return end(state, connection, { kind: 'tcp', error: event.error }, config, 'retry');
    case 'open':
      return onOpen(state, connection, ownOpen(config, state.memory), event.message, config);
    case 'wireError':
      return end(state, connection, { kind: 'silent', why: event.error.message }, config);
    case 'notification':
      return received(state, connection, event.message, config);
    case 'keepalive':
    case 'update':
    case 'routeRefresh':
      return end(state, connection, { kind: 'silent', why: `${event.kind} before OPEN` }, config);
    case 'drained':
      return nothing(state);
  }
}

/** RFC 4271 §8.2.2, OpenSent. */
function inOpenSent(
  state: PeerState,
  connection: OpenSentConnection,
  event: ConnectionEvent,
  config: PeerConfig,
): PeerStep {
  switch (event.kind) {
    case 'timer':
      return holdExpired(state, connection, config);
    case 'closed':
      return end(state, connection, { kind: 'tcp', error: event.error }, config, 'retry');
    case 'open':
      return onOpen(state, connection, connection.sent, event.message, config);
    case 'wireError':
      return refused(state, connection, event.error, config);
    case 'notification':
      return received(state, connection, event.message, config);
    case 'keepalive':
    case 'update':
    case 'routeRefresh':
      return unexpected(state, connection, event.kind, config);
    case 'drained':
      return nothing(state);
  }
}

/** RFC 4271 §8.2.2, OpenConfirm. */
function inOpenConfirm(
  state: PeerState,
  connection: AgreedConnection,
  event: ConnectionEvent,
  config: PeerConfig,
): PeerStep {
  switch (event.kind) {
    case 'timer':
      return event.timer === 'keepalive'
        ? { state, effects: keptAlive(connection, config) }
        : holdExpired(state, connection, config);
    case 'closed':
      return end(state, connection, { kind: 'tcp', error: event.error }, config);
    case 'wireError':
      return refused(state, connection, event.error, config);
    case 'notification':
      return received(state, connection, event.message, config);
    case 'keepalive':
      return establish(state, connection);
    case 'open':
    case 'update':
    case 'routeRefresh':
      return unexpected(state, connection, event.kind, config);
    case 'drained':
      return nothing(state);
  }
}

/** RFC 4271 §8.2.2, Established; SendHoldTimer by RFC 9687 §4. */
function inEstablished(
  state: PeerState,
  connection: AgreedConnection,
  event: ConnectionEvent,
  config: PeerConfig,
): PeerStep {
  const { id, negotiated } = connection;
  switch (event.kind) {
    case 'timer':
      if (event.timer === 'keepalive') return { state, effects: keptAlive(connection, config) };
      if (event.timer === 'sendHold') return sendHoldExpired(state, connection, config);
      return holdExpired(state, connection, config);
    case 'closed':
      return end(state, connection, { kind: 'tcp', error: event.error }, config);
    case 'wireError':
      return refused(state, connection, event.error, config);
    case 'notification':
      return received(state, connection, event.message, config);
    case 'keepalive':
    case 'update':
      return { state, effects: armHold(id, negotiated) };
    case 'routeRefresh':
      return { state, effects: [{ kind: 'refresh', message: event.message }] };
    case 'open':
      return unexpected(state, connection, event.kind, config);
    case 'drained':
      return { state, effects: armSendHold(id, negotiated) };
  }
}

function sendOpen(state: PeerState, connection: WaitingConnection, config: PeerConfig): PeerStep {
  const sent = ownOpen(config, state.memory);
  return {
    state: replace(state, { ...connection, state: 'openSent', sent }),
    effects: [send(connection, sent), armOf(connection.id, 'hold', largeHoldTimeMs)],
  };
}

/** Events 19 and 20. Of two connections that get this far, one goes. */
function onOpen(
  state: PeerState,
  connection: WaitingConnection | OpenSentConnection,
  sent: OpenMessage,
  open: OpenMessage,
  config: PeerConfig,
): PeerStep {
  let negotiated: Negotiated;
  try {
    negotiated = negotiate(config, sent, open);
  } catch (error) {
    if (error instanceof BgpError) return refused(state, connection, error, config);
    throw error;
  }
  const agreed: AgreedConnection = { ...connection, state: 'openConfirm', sent, received: open, negotiated };
  const rival = state.connections.find((other): other is AgreedConnection => other !== connection && isAgreed(other));
  if (rival === undefined) return confirm(state, connection, agreed, config);
  const staying = survivor(rival, agreed, config);
  if (staying === rival) return end(state, connection, collided, config);
  const cause: EndCause = rival.state === 'established' ? { kind: 'silent', why: 'the peer has restarted' } : collided;
  const alone = end(state, rival, cause, config);
  return after(alone.effects, confirm(alone.state, connection, agreed, config));
}

const collided: EndCause = { kind: 'sent', notification: cease('collision'), why: 'another connection stays' };

/** An Established one stays, unless its peer preserves routes: then a new connection means that it has restarted (RFC 4724 §5). */
function survivor(rival: AgreedConnection, agreed: AgreedConnection, config: PeerConfig): AgreedConnection {
  if (rival.state === 'established') {
    const preserves = (rival.negotiated.gracefulRestart?.tuples ?? []).length > 0;
    return preserves && agreed.duringEstablished ? agreed : rival;
  }
  const { peerAsn } = agreed.negotiated;
  const peer = { bgpIdentifier: agreed.received.bgpIdentifier, asn: peerAsn };
  const direction = stayingDirection({ bgpIdentifier: config.bgpIdentifier, asn: config.localAsn }, peer);
  return rival.direction === direction ? rival : agreed;
}

function confirm(state: PeerState, before: Connection, agreed: AgreedConnection, config: PeerConfig): PeerStep {
  const { id, negotiated } = agreed;
  const hold = armHold(id, negotiated);
  return {
    state: replace(state, agreed),
    effects: [
      ...(before.state === 'waiting' ? [send(agreed, agreed.sent)] : []),
      { kind: 'send', id, octets: keepalive },
      ...(before.state === 'waiting' ? [disarmOf(before, 'delayOpen')] : []),
      ...(hold.length > 0 ? hold : [disarmOf(before, 'hold')]),
      ...armKeepalive(id, negotiated, config.random),
    ],
  };
}

function establish(state: PeerState, connection: AgreedConnection): PeerStep {
  const { id, negotiated } = connection;
  const established: AgreedConnection = { ...connection, state: 'established' };
  const memory = { ...state.memory, restarting: false };
  const entered = replace({ ...state, memory, refusals: 0 }, established);
  const engaged = engage(entered);
  return {
    state: engaged.state,
    effects: [
      ...engaged.effects,
      ...armHold(id, negotiated),
      ...armSendHold(id, negotiated),
      arm('stable', stableAfterMs),
      { kind: 'established', connection: established },
    ],
  };
}

function keptAlive({ id, negotiated }: AgreedConnection, { random }: PeerConfig): Effects {
  return [{ kind: 'send', id, octets: keepalive }, ...armKeepalive(id, negotiated, random)];
}

/** Event 10. */
function holdExpired(state: PeerState, connection: Connection, config: PeerConfig): PeerStep {
  return answered(state, connection, notification(errorCodes.holdTimerExpired, 0), 'hold timer expired', config);
}

/** Event 29: a peer that does not read would not read a NOTIFICATION either. */
function sendHoldExpired(state: PeerState, connection: Connection, config: PeerConfig): PeerStep {
  const why = 'Send Hold Timer Expired';
  const cause: EndCause = { kind: 'sent', notification: notification(errorCodes.sendHoldTimerExpired, 0), why };
  return endConnection(state, connection, { cause, how: 'rst', aftermath: 'damped' }, config);
}

/** Events 21, 22 and 28. */
function refused(state: PeerState, connection: Connection, error: BgpError, config: PeerConfig): PeerStep {
  if (connection.state === 'waiting') return end(state, connection, { kind: 'silent', why: error.message }, config);
  return answered(state, connection, error.notification, error.message, config);
}

/** Events 24 and 25. Nothing is sent in answer, in no state: RFC 4271 asks for an FSM error in OpenSent, and nobody does it. */
function received(
  state: PeerState,
  connection: Connection,
  message: NotificationMessage,
  config: PeerConfig,
): PeerStep {
  const wiser: PeerState = { ...state, memory: learn(config, state.memory, message) };
  return end(wiser, connection, { kind: 'received', notification: message }, config);
}

const unexpectedIn = { openSent: 1, openConfirm: 2, established: 3 } as const;

/** RFC 6608: which message, and in which state. */
function unexpected(
  state: PeerState,
  connection: OpenSentConnection | AgreedConnection,
  kind: 'open' | 'keepalive' | 'update' | 'routeRefresh',
  config: PeerConfig,
): PeerStep {
  const data = Uint8Array.of(messageTypes[kind]);
  const answer = notification(errorCodes.fsm, unexpectedIn[connection.state], data);
  return answered(state, connection, answer, `${kind} in ${connection.state}`, config);
}

function answered(
  state: PeerState,
  connection: Connection,
  answer: NotificationMessage,
  why: string,
  config: PeerConfig,
): PeerStep {
  return end(state, connection, { kind: 'sent', notification: answer, why }, config);
}

function end(
  state: PeerState,
  connection: Connection,
  cause: EndCause,
  config: PeerConfig,
  aftermath: Aftermath = 'damped',
): PeerStep {
  return endConnection(state, connection, { cause, aftermath }, config);
}

function isAgreed(connection: Connection): connection is AgreedConnection {
  return connection.state === 'openConfirm' || connection.state === 'established';
}

function replace(state: PeerState, connection: Connection): PeerState {
  return { ...state, connections: state.connections.map((other) => (other.id === connection.id ? connection : other)) };
}

function send({ id }: Connection, message: Message): Effects[number] {
  return { kind: 'send', id, octets: encodeMessage(message, { fourOctetAs: true, internal: false }) };
}

function disarmOf({ id }: Connection, timer: ConnectionTimer): Effects[number] {
  return { kind: 'disarm', timer: `${timer} ${id}` };
}
