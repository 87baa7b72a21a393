// One peer played by hand: its configuration, the other side's OPEN, states to begin in, and what comes out in words.
import type { Ip } from '#shared/net/ip.ts';
import type { Random } from '#shared/runtime/random.ts';
import { BgpError } from '#speaker/bgp/bgp-error.ts';
import type { Capability } from '#speaker/bgp/capability.ts';
import { initialPeer, stepPeer } from '#speaker/bgp/fsm.ts';
import { notification } from '#speaker/bgp/notification.ts';
import type { OpenMessage } from '#speaker/bgp/open.ts';
import type { PeerConfig } from '#speaker/bgp/peer-config.ts';
import {
  rfcState,
  type Addresses,
  type ConnectionId,
  type PeerEffect,
  type PeerEvent,
  type PeerState,
  type PeerStep,
} from '#speaker/bgp/peer-state.ts';
import type { TimerEffect } from '#shared/runtime/runner.ts';
import { decodeWhole, toHex } from './octets.ts';

/** Jitter that takes nothing away. */
export const noJitter: Random = { next32: () => 2_500 };

export const config: PeerConfig = {
  localAsn: 64_513,
  peerAsn: 64_512,
  bgpIdentifier: 0xc000_020b,
  holdTimeSeconds: undefined,
  keepaliveTimeMs: undefined,
  families: ['IPv4'],
  extendedNextHop: false,
  linkLocalNextHop: false,
  gracefulRestart: true,
  sendRole: false,
  hostName: 'node1',
  softwareVersion: 'Ingot/0.1.0',
  passive: false,
  connectRetryTimeMs: 10_000,
  delayOpenTimeMs: 0,
  random: noJitter,
};

export const addresses: Addresses = { local: '192.0.2.11' as Ip, remote: '192.0.2.1' as Ip };

const restart: Capability = {
  kind: 'gracefulRestart',
  restarting: false,
  notification: false,
  restartTimeSeconds: 120,
  tuples: [{ afi: 1, safi: 1, forwarding: true }],
};

/** The router's, with a lower identifier than ours. */
export function routerOpen(change: Partial<OpenMessage> = {}, preserves = false): OpenMessage {
  return {
    kind: 'open',
    myAs: 64_512,
    holdTimeSeconds: 90,
    bgpIdentifier: 0xc000_0201,
    capabilities: [
      { kind: 'multiprotocol', afi: 1, safi: 1 },
      { kind: 'routeRefresh' },
      ...(preserves ? [restart] : []),
      { kind: 'fourOctetAs', asn: change.myAs ?? 64_512 },
    ],
    ...change,
  };
}

export const dialed: ConnectionId = 'dialed 1';
export const accepted: ConnectionId = 'accepted 1';
export const unknown: ConnectionId = 'dialed 99';

/** The events that concern one connection, by names that tables can use. */
export function eventsOf(id: ConnectionId) {
  return {
    connected: { kind: 'connected', id, addresses },
    accepted: { kind: 'accepted', id, addresses },
    closed: { kind: 'closed', id, error: 'ECONNRESET' },
    open: { kind: 'open', id, message: routerOpen() },
    badOpen: { kind: 'open', id, message: routerOpen({ myAs: 64_999 }) },
    wireError: { kind: 'wireError', id, error: new BgpError(notification(3, 1), 'malformed') },
    notification: { kind: 'notification', id, message: notification(6, 4) },
    keepalive: { kind: 'keepalive', id },
    update: { kind: 'update', id },
    routeRefresh: {
      kind: 'routeRefresh',
      id,
      message: { kind: 'routeRefresh', afi: 1, safi: 1, subtype: 0, filters: new Uint8Array(0) },
    },
    drained: { kind: 'drained', id },
  } as const satisfies Record<string, PeerEvent>;
}

/** The last step of several. */
export function play(events: readonly PeerEvent[], settings: PeerConfig = config, from = initialPeer): PeerStep {
  let step: PeerStep = { state: from, effects: [] };
  for (const event of events) step = stepPeer(step.state, event, settings);
  return step;
}

const on = eventsOf(dialed);
const start: PeerEvent = { kind: 'start' };
export const delaying: PeerConfig = { ...config, delayOpenTimeMs: 5_000 };

/** Idle and the wait in it, Connect, Active, the wait for OPEN in Connect, and the rest. */
export const states = {
  Idle: initialPeer,
  IdleHold: play([start, on.connected, on.badOpen]).state,
  Connect: play([start]).state,
  Active: play([start, on.closed]).state,
  DelayOpen: play([start, on.connected], delaying).state,
  OpenSent: play([start, on.connected]).state,
  OpenConfirm: play([start, on.connected, on.open]).state,
  Established: play([start, on.connected, on.open, on.keepalive]).state,
} as const satisfies Record<string, PeerState>;

export type StateName = keyof typeof states;

/** `OpenSent: OPEN, hold 240`. Disarmed timers and reports are left out; no change at all is empty. */
export function inWords(before: PeerState, { state, effects }: PeerStep): string {
  const done = effects.map(effectInWords).filter((words) => words !== '');
  const resting = state.dialer.state === 'idle' && state.dialer.until === 'idleHold';
  const name = resting ? 'IdleHold' : rfcState(state);
  if (state === before && done.length === 0) return '';
  return done.length === 0 ? name : `${name}: ${done.join(', ')}`;
}

function effectInWords(effect: PeerEffect | TimerEffect): string {
  switch (effect.kind) {
    case 'dial':
      return 'dial';
    case 'send':
      return messageInWords(effect.octets);
    case 'close':
      return effect.how.toUpperCase() + (effect.lastWords ? ` with ${messageInWords(effect.lastWords)}` : '');
    case 'arm':
      return `${effect.timer.split(' ')[0]} ${effect.delayMs / 1000}`;
    case 'refresh':
      return 'refresh';
    case 'disarm':
    case 'established':
    case 'ended':
      return '';
  }
}

export function messageInWords(octets: Uint8Array): string {
  const message = decodeWhole(octets);
  if (message.kind !== 'notification') return message.kind.toUpperCase();
  const { code, subcode, data } = message;
  return `NOTIFICATION ${[`${code}/${subcode}`, toHex(data)].join(' ').trim()}`;
}
