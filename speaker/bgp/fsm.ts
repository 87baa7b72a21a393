// One peer's finite state machine (RFC 4271 §8): events of the peer as a whole. `peer-dialer.ts` has its Idle, Connect and Active,
// `peer-connection.ts` its OpenSent, OpenConfirm and Established.
import { freshMemory } from './negotiation.ts';
import { cease } from './notification.ts';
import type { PeerConfig } from './peer-config.ts';
import { beginConnection, stepConnection, type ConnectionEvent } from './peer-connection.ts';
import { after, begin, endAll, endConnection, nothing, waitForRetry } from './peer-dialer.ts';
import type { Connection, ConnectionId, Effects, EndCause, PeerEvent, PeerState, PeerStep } from './peer-state.ts';
import {
  armHold,
  armOf,
  armSendHold,
  disarm,
  largeHoldTimeMs,
  mayRun,
  splitTimer,
  type PeerTimer,
} from './peer-timers.ts';

type EventOf<Kind extends PeerEvent['kind']> = Extract<PeerEvent, { kind: Kind }>;

export const initialPeer: PeerState = {
  dialer: { state: 'idle', until: 'start' },
  connections: [],
  failures: 0,
  refusals: 0,
  lastDialed: 0,
  memory: freshMemory,
};

/** `config` may be another one than before only with `renew`, or where it changes nothing that OPEN says. */
export function stepPeer(state: PeerState, event: PeerEvent, config: PeerConfig): PeerStep {
  switch (event.kind) {
    case 'start':
      return start(state, config);
    case 'stop':
      return stop(state, event, config);
    case 'renew':
      return renew(state, event, config);
    case 'exhausted':
      return endEstablished(state, ceased(event.reason), 'damped', config);
    case 'timer':
      return onTimer(state, event.timer, config);
    case 'connected':
      return onConnected(state, event, config);
    case 'accepted':
      return onAccepted(state, event, config);
    case 'bfd':
      return event.state === 'down' ? endEstablished(state, ceased('bfdDown'), 'rest', config) : nothing(state);
    case 'gap':
      return { state, effects: state.connections.flatMap(rebase) };
    case 'closed':
      return isDialing(state, event.id)
        ? waitForRetry(state, config)
        : onConnectionEvent(state, event.id, event, config);
    default:
      return onConnectionEvent(state, event.id, event, config);
  }
}

/** Events 1, 3–7: also ends the rest after an error. */
function start(state: PeerState, config: PeerConfig): PeerStep {
  if (state.dialer.state !== 'idle') return nothing(state);
  return after([disarm('idleHold')], begin({ ...state, failures: 0, refusals: 0 }, config));
}

/** Events 2, 8. */
function stop(state: PeerState, { reason, text }: EventOf<'stop'>, config: PeerConfig): PeerStep {
  const cause: EndCause = reason === 'restart' ? { kind: 'silent', why: 'restart' } : ceased(reason, text);
  return endAll({ ...state, failures: 0 }, cause, 'stopped', config);
}

/** A stopped peer stays stopped. What was learned of the peer may be wrong with another configuration. */
function renew(state: PeerState, { reason, text }: EventOf<'renew'>, config: PeerConfig): PeerStep {
  const memory = reason === 'reset' ? state.memory : { ...freshMemory, restarting: state.memory.restarting };
  const renewed: PeerState = { ...state, memory };
  if (state.dialer.state === 'idle' && state.dialer.until === 'start') return nothing(renewed);
  return endAll(renewed, ceased(reason, text), 'anew', config);
}

/** For people. */
const whyCeased = {
  prefixLimit: 'the peer told more routes than its limit',
  shutdown: 'this speaker ends its sessions',
  peerDeleted: 'this node has no such BGPPeer any more',
  reset: 'reset by hand',
  connectionRejected: 'the connection was not wanted',
  configurationChange: 'configuration changed',
  collision: 'another connection with the peer took its place',
  outOfResources: 'this speaker lacks resources',
  hardReset: 'hard reset',
  bfdDown: 'BFD: the peer is not reached any more',
} as const satisfies Readonly<Record<Parameters<typeof cease>[0], string>>;

function ceased(reason: Parameters<typeof cease>[0], text = ''): EndCause {
  return { kind: 'sent', notification: cease(reason, text), why: text === '' ? whyCeased[reason] : text };
}

function endEstablished(state: PeerState, cause: EndCause, aftermath: 'damped' | 'rest', config: PeerConfig): PeerStep {
  const established = findEstablished(state);
  return established === undefined ? nothing(state) : endConnection(state, established, { cause, aftermath }, config);
}

function onTimer(state: PeerState, name: string, config: PeerConfig): PeerStep {
  const ofConnection = splitTimer(name);
  if (ofConnection === undefined) return onPeerTimer(state, name as PeerTimer, config);
  const { timer, id } = ofConnection;
  const connection = state.connections.find((one) => one.id === id);
  if (connection === undefined || !mayRun(connection, timer)) return nothing(state);
  return stepConnection(state, connection, { kind: 'timer', timer }, config);
}

function onPeerTimer(state: PeerState, timer: PeerTimer, config: PeerConfig): PeerStep {
  const { dialer } = state;
  switch (timer) {
    // Event 9.
    case 'connectRetry': {
      if (dialer.state === 'active') return config.passive ? nothing(state) : begin(state, config);
      if (dialer.state !== 'connect') return nothing(state);
      return after([{ kind: 'close', id: dialer.id, how: 'rst' }], begin(state, config));
    }
    // Event 13.
    case 'idleHold':
      return dialer.state === 'idle' && dialer.until === 'idleHold' ? begin(state, config) : nothing(state);
    case 'stable':
      return nothing(findEstablished(state) === undefined ? state : { ...state, failures: 0 });
  }
}

/** Events 14, 16. */
function onConnected(state: PeerState, { id, addresses }: EventOf<'connected'>, config: PeerConfig): PeerStep {
  if (state.connections.some((one) => one.id === id)) return nothing(state);
  // Nobody waits for it any more.
  if (!isDialing(state, id)) return { state, effects: [{ kind: 'close', id, how: 'rst' }] };
  const engaged: PeerState = { ...state, dialer: { state: 'engaged' } };
  const opened = {
    id,
    direction: 'dialed',
    addresses,
    duringEstablished: findEstablished(state) !== undefined,
  } as const;
  return after([disarm('connectRetry')], beginConnection(engaged, opened, config));
}

/** Events 15, 17. In Idle nothing is accepted; of two accepted ones without a session the older is dead to the peer. */
function onAccepted(state: PeerState, { id, addresses }: EventOf<'accepted'>, config: PeerConfig): PeerStep {
  if (state.dialer.state === 'idle') return { state, effects: [{ kind: 'close', id, how: 'fin' }] };
  const older = state.connections.find((one) => one.direction === 'accepted' && one.state !== 'established');
  const duringEstablished = findEstablished(state) !== undefined;
  const begun = beginConnection(state, { id, direction: 'accepted', addresses, duringEstablished }, config);
  if (older === undefined) return begun;
  return after(
    begun.effects,
    endConnection(begun.state, older, { cause: ceased('collision'), aftermath: 'retry' }, config),
  );
}

function onConnectionEvent(state: PeerState, id: ConnectionId, event: ConnectionEvent, config: PeerConfig): PeerStep {
  const connection = state.connections.find((one) => one.id === id);
  return connection === undefined ? nothing(state) : stepConnection(state, connection, event, config);
}

/** What was due while this thread did not run counts from now. */
function rebase(connection: Connection): Effects {
  switch (connection.state) {
    case 'waiting':
      return [];
    case 'openSent':
      return [armOf(connection.id, 'hold', largeHoldTimeMs)];
    case 'openConfirm':
      return armHold(connection.id, connection.negotiated);
    case 'established':
      return [...armHold(connection.id, connection.negotiated), ...armSendHold(connection.id, connection.negotiated)];
  }
}

function isDialing({ dialer }: PeerState, id: ConnectionId): boolean {
  return dialer.state === 'connect' && dialer.id === id;
}

function findEstablished({ connections }: PeerState): Connection | undefined {
  return connections.find(({ state }) => state === 'established');
}
