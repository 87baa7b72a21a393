// Every state of RFC 4271 §8.2.2 and every event of §8.1, with those of RFC 6608, 7313 and 9687 and our own. What a table does not list is
// dropped: nothing is sent, armed or changed.
import { describe, expect, test } from 'vitest';
import type { TimerEvent } from '#shared/runtime/runner.ts';
import { stepPeer } from '#speaker/bgp/fsm.ts';
import type { PeerConfig } from '#speaker/bgp/peer-config.ts';
import type { PeerEvent } from '#speaker/bgp/peer-state.ts';
import { accepted, config, delaying, dialed, eventsOf, inWords, states, unknown, type StateName } from './peer-play.ts';

const on = eventsOf(dialed);

function timer(name: string): TimerEvent {
  return { kind: 'timer', timer: name };
}

interface Row {
  readonly name: string;
  readonly event: PeerEvent;
  readonly cells: Partial<Record<StateName, string>>;
}

/** Events of the peer as a whole. */
const ofPeer: readonly Row[] = [
  {
    name: '1, 3–7 start',
    event: { kind: 'start' },
    cells: { Idle: 'Connect: dial, connectRetry 10', IdleHold: 'Connect: dial, connectRetry 10' },
  },
  {
    name: '2, 8 stop: shutdown',
    event: { kind: 'stop', reason: 'shutdown', text: 'bye' },
    cells: {
      Idle: 'Idle',
      IdleHold: 'Idle',
      Connect: 'Idle: RST',
      Active: 'Idle',
      DelayOpen: 'Idle: FIN',
      OpenSent: 'Idle: NOTIFICATION 6/2 03627965, FIN',
      OpenConfirm: 'Idle: NOTIFICATION 6/2 03627965, FIN',
      Established: 'Idle: NOTIFICATION 6/2 03627965, FIN',
    },
  },
  {
    name: '2, 8 stop: the peer is deleted',
    event: { kind: 'stop', reason: 'peerDeleted', text: '' },
    cells: {
      Idle: 'Idle',
      IdleHold: 'Idle',
      Connect: 'Idle: RST',
      Active: 'Idle',
      DelayOpen: 'Idle: FIN',
      OpenSent: 'Idle: NOTIFICATION 6/3, FIN',
      OpenConfirm: 'Idle: NOTIFICATION 6/3, FIN',
      Established: 'Idle: NOTIFICATION 6/3, FIN',
    },
  },
  {
    name: '2, 8 stop: a successor takes over',
    event: { kind: 'stop', reason: 'restart', text: '' },
    cells: {
      Idle: 'Idle',
      IdleHold: 'Idle',
      Connect: 'Idle: RST',
      Active: 'Idle',
      DelayOpen: 'Idle: FIN',
      OpenSent: 'Idle: FIN',
      OpenConfirm: 'Idle: FIN',
      Established: 'Idle: FIN',
    },
  },
  {
    name: 'renew: reset',
    event: { kind: 'renew', reason: 'reset', text: '' },
    cells: {
      Idle: 'Idle',
      IdleHold: 'Connect: dial, connectRetry 10',
      Connect: 'Connect: RST, dial, connectRetry 10',
      Active: 'Connect: dial, connectRetry 10',
      DelayOpen: 'Connect: FIN, dial, connectRetry 10',
      OpenSent: 'Connect: NOTIFICATION 6/4, FIN, dial, connectRetry 10',
      OpenConfirm: 'Connect: NOTIFICATION 6/4, FIN, dial, connectRetry 10',
      Established: 'Connect: NOTIFICATION 6/4, FIN, dial, connectRetry 10',
    },
  },
  {
    name: 'renew: another configuration',
    event: { kind: 'renew', reason: 'configurationChange', text: '' },
    cells: {
      Idle: 'Idle',
      IdleHold: 'Connect: dial, connectRetry 10',
      Connect: 'Connect: RST, dial, connectRetry 10',
      Active: 'Connect: dial, connectRetry 10',
      DelayOpen: 'Connect: FIN, dial, connectRetry 10',
      OpenSent: 'Connect: NOTIFICATION 6/6, FIN, dial, connectRetry 10',
      OpenConfirm: 'Connect: NOTIFICATION 6/6, FIN, dial, connectRetry 10',
      Established: 'Connect: NOTIFICATION 6/6, FIN, dial, connectRetry 10',
    },
  },
  {
    name: 'exhausted: too many prefixes',
    event: { kind: 'exhausted', reason: 'prefixLimit' },
    cells: { Established: 'IdleHold: NOTIFICATION 6/1, FIN, idleHold 1' },
  },
  {
    name: 'exhausted: too much of something',
    event: { kind: 'exhausted', reason: 'outOfResources' },
    cells: { Established: 'IdleHold: NOTIFICATION 6/8, FIN, idleHold 1' },
  },
  {
    name: 'BFD down',
    event: { kind: 'bfd', state: 'down' },
    cells: { Established: 'IdleHold: NOTIFICATION 6/10, FIN, idleHold 10' },
  },
  { name: 'BFD up', event: { kind: 'bfd', state: 'up' }, cells: {} },
  { name: 'BFD AdminDown', event: { kind: 'bfd', state: 'adminDown' }, cells: {} },
  {
    name: 'gap',
    event: { kind: 'gap' },
    cells: {
      OpenSent: 'OpenSent: hold 240',
      OpenConfirm: 'OpenConfirm: hold 9',
      Established: 'Established: hold 9, sendHold 480',
    },
  },
];

const timers: readonly Row[] = [
  {
    name: '9 ConnectRetryTimer',
    event: timer('connectRetry'),
    cells: { Connect: 'Connect: RST, dial, connectRetry 10', Active: 'Connect: dial, connectRetry 10' },
  },
  {
    name: '10 HoldTimer',
    event: timer(`hold ${dialed}`),
    cells: {
      OpenSent: 'IdleHold: NOTIFICATION 4/0, FIN, idleHold 1',
      OpenConfirm: 'IdleHold: NOTIFICATION 4/0, FIN, idleHold 1',
      Established: 'IdleHold: NOTIFICATION 4/0, FIN, idleHold 1',
    },
  },
  {
    name: '11 KeepaliveTimer',
    event: timer(`keepalive ${dialed}`),
    cells: {
      OpenConfirm: 'OpenConfirm: KEEPALIVE, keepalive 3',
      Established: 'Established: KEEPALIVE, keepalive 3',
    },
  },
  {
    name: '12 DelayOpenTimer',
    event: timer(`delayOpen ${dialed}`),
    cells: { DelayOpen: 'OpenSent: OPEN, hold 240' },
  },
  { name: '13 IdleHoldTimer', event: timer('idleHold'), cells: { IdleHold: 'Connect: dial, connectRetry 10' } },
  {
    name: '29 SendHoldTimer',
    event: timer(`sendHold ${dialed}`),
    cells: { Established: 'IdleHold: RST with NOTIFICATION 8/0, idleHold 1' },
  },
  { name: 'the timer of a stable session', event: timer('stable'), cells: { Established: 'Established' } },
];

const ofConnection: readonly Row[] = [
  {
    name: '14, 16 connected',
    event: on.connected,
    // Before: an attempt that has been given up.
    cells: {
      Idle: 'Idle: RST',
      IdleHold: 'IdleHold: RST',
      Connect: 'OpenSent: OPEN, hold 240',
      Active: 'Active: RST',
    },
  },
  {
    name: '15, 17 accepted',
    event: eventsOf(accepted).accepted,
    cells: {
      Idle: 'Idle: FIN',
      IdleHold: 'IdleHold: FIN',
      Connect: 'OpenSent: OPEN, hold 240',
      Active: 'OpenSent: OPEN, hold 240',
      DelayOpen: 'Connect: delayOpen 5',
      OpenSent: 'OpenSent: OPEN, hold 240',
      OpenConfirm: 'OpenConfirm: OPEN, hold 240',
      Established: 'Established: OPEN, hold 240',
    },
  },
  {
    name: '18 TcpConnectionFails',
    event: on.closed,
    cells: {
      Connect: 'Active: connectRetry 10',
      DelayOpen: 'Active: connectRetry 1',
      OpenSent: 'Active: connectRetry 1',
      OpenConfirm: 'IdleHold: idleHold 1',
      Established: 'IdleHold: idleHold 1',
    },
  },
  {
    name: '19, 20 BGPOpen',
    event: on.open,
    cells: {
      DelayOpen: 'OpenConfirm: OPEN, KEEPALIVE, hold 9, keepalive 3',
      OpenSent: 'OpenConfirm: KEEPALIVE, hold 9, keepalive 3',
      OpenConfirm: 'IdleHold: NOTIFICATION 5/2 01, FIN, idleHold 1',
      Established: 'IdleHold: NOTIFICATION 5/3 01, FIN, idleHold 1',
    },
  },
  {
    name: '22 BGPOpenMsgErr: another AS',
    event: on.badOpen,
    cells: {
      DelayOpen: 'IdleHold: FIN, idleHold 1',
      OpenSent: 'IdleHold: NOTIFICATION 2/2, FIN, idleHold 1',
      OpenConfirm: 'IdleHold: NOTIFICATION 5/2 01, FIN, idleHold 1',
      Established: 'IdleHold: NOTIFICATION 5/3 01, FIN, idleHold 1',
    },
  },
  {
    name: '21, 22, 28 octets that are no message',
    event: on.wireError,
    cells: {
      DelayOpen: 'IdleHold: FIN, idleHold 1',
      OpenSent: 'IdleHold: NOTIFICATION 3/1, FIN, idleHold 1',
      OpenConfirm: 'IdleHold: NOTIFICATION 3/1, FIN, idleHold 1',
      Established: 'IdleHold: NOTIFICATION 3/1, FIN, idleHold 1',
    },
  },
  {
    name: '24, 25 NotifMsg',
    event: on.notification,
    cells: {
      DelayOpen: 'IdleHold: FIN, idleHold 1',
      OpenSent: 'IdleHold: FIN, idleHold 1',
      OpenConfirm: 'IdleHold: FIN, idleHold 1',
      Established: 'IdleHold: FIN, idleHold 1',
    },
  },
  {
    name: '26 KeepAliveMsg',
    event: on.keepalive,
    cells: {
      DelayOpen: 'IdleHold: FIN, idleHold 1',
      OpenSent: 'IdleHold: NOTIFICATION 5/1 04, FIN, idleHold 1',
      OpenConfirm: 'Established: hold 9, sendHold 480, stable 300',
      Established: 'Established: hold 9',
    },
  },
  {
    name: '27 UpdateMsg',
    event: on.update,
    cells: {
      DelayOpen: 'IdleHold: FIN, idleHold 1',
      OpenSent: 'IdleHold: NOTIFICATION 5/1 02, FIN, idleHold 1',
      OpenConfirm: 'IdleHold: NOTIFICATION 5/2 02, FIN, idleHold 1',
      Established: 'Established: hold 9',
    },
  },
  {
    name: 'ROUTE-REFRESH',
    event: on.routeRefresh,
    cells: {
      DelayOpen: 'IdleHold: FIN, idleHold 1',
      OpenSent: 'IdleHold: NOTIFICATION 5/1 05, FIN, idleHold 1',
      OpenConfirm: 'IdleHold: NOTIFICATION 5/2 05, FIN, idleHold 1',
      Established: 'Established: refresh',
    },
  },
  { name: 'drained', event: on.drained, cells: { Established: 'Established: sendHold 480' } },
];

function configIn(state: StateName): PeerConfig {
  return state === 'DelayOpen' ? delaying : config;
}

const names = Object.keys(states) as StateName[];

describe.each([...ofPeer, ...timers, ...ofConnection])('$name', ({ event, cells }) => {
  test.each(names)('in %s', (name) => {
    expect(inWords(states[name], stepPeer(states[name], event, configIn(name)))).toBe(cells[name] ?? '');
  });
});

describe('of a connection that is not known', () => {
  const { connected, accepted: _, ...others } = eventsOf(unknown);
  const ofTimers = ['hold', 'keepalive', 'delayOpen', 'sendHold'].map((name) => timer(`${name} ${unknown}`));

  test.each([...Object.values(others), ...ofTimers].map((event) => [event.kind, event] as const))(
    '%s is dropped',
    (__, event) => {
      for (const name of names) expect(inWords(states[name], stepPeer(states[name], event, configIn(name)))).toBe('');
    },
  );

  test('connected is closed', () => {
    for (const name of names) {
      expect(stepPeer(states[name], connected, configIn(name)).effects).toEqual([
        { kind: 'close', id: unknown, how: 'rst' },
      ]);
    }
  });
});
