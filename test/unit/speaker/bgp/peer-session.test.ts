import { describe, expect, test } from 'vitest';
import { findCapability } from '#speaker/bgp/capability.ts';
import type { Received } from '#speaker/bgp/codec.ts';
import { notification } from '#speaker/bgp/notification.ts';
import type { PeerConfig } from '#speaker/bgp/peer-config.ts';
import { rfcState, type ConnectionId, type PeerEvent, type PeerStep } from '#speaker/bgp/peer-state.ts';
import { initialPeer } from '#speaker/bgp/fsm.ts';
import { randomFor } from '#test/simulation/time/random.ts';
import { decodeWhole } from './octets.ts';
import {
  accepted,
  addresses,
  config,
  delaying,
  dialed,
  eventsOf,
  inWords,
  play,
  routerOpen,
  states,
} from './peer-play.ts';

const on = eventsOf(dialed);
const onAccepted = eventsOf(accepted);
const start: PeerEvent = { kind: 'start' };
const passive: PeerConfig = { ...config, passive: true };

function sent(step: PeerStep): readonly Received[] {
  return step.effects.flatMap((effect) => (effect.kind === 'send' ? [decodeWhole(effect.octets)] : []));
}

function delayOf(step: PeerStep, timer: string): number | undefined {
  const effect = step.effects.find((one) => one.kind === 'arm' && one.timer === timer);
  return effect?.kind === 'arm' ? effect.delayMs : undefined;
}

/** What a connected peer is sent first. */
function openSentBy(settings: PeerConfig, from = initialPeer) {
  const first = play([{ kind: 'start' }], settings, from);
  const id = `dialed ${first.state.lastDialed}` as const;
  const [open] = sent(play([{ kind: 'connected', id, addresses }], settings, first.state));
  if (open?.kind !== 'open') throw new Error('the first message is no OPEN');
  return open;
}

describe('F1', () => {
  test('a dialled session', () => {
    expect(rfcState(play([start]).state)).toBe('Connect');
    expect(sent(play([start, on.connected])).map(({ kind }) => kind)).toEqual(['open']);
    expect(sent(play([start, on.connected, on.open])).map(({ kind }) => kind)).toEqual(['keepalive']);
    const established = play([start, on.connected, on.open, on.keepalive]);
    expect(rfcState(established.state)).toBe('Established');
    expect(established.effects).toContainEqual(expect.objectContaining({ kind: 'established' }));
  });

  test('a passive peer waits in Active, and never dials', () => {
    const waiting = play([start], passive);
    expect([rfcState(waiting.state), waiting.effects.map(({ kind }) => kind)]).toEqual(['Active', ['disarm']]);
    expect(inWords(waiting.state, play([{ kind: 'timer', timer: 'connectRetry' }], passive, waiting.state))).toBe('');
    const { state } = play([start, onAccepted.accepted, onAccepted.open, onAccepted.keepalive], passive);
    expect(rfcState(state)).toBe('Established');
    const lost = play([onAccepted.closed, { kind: 'timer', timer: 'idleHold' }], passive, state);
    expect(inWords(state, lost)).toBe('Active');
  });
});

test('F2: ConnectRetry, idle hold and keepalive are jittered between three quarters and all', () => {
  const settings: PeerConfig = { ...config, random: randomFor(1, 'jitter') };
  const events: readonly (readonly [string, readonly PeerEvent[], number])[] = [
    ['connectRetry', [start], 10_000],
    ['idleHold', [start, on.connected, on.badOpen], 1_000],
    [`keepalive ${dialed}`, [start, on.connected, on.open], 3_000],
  ];
  for (const [timer, played, most] of events) {
    const draws = Array.from({ length: 1_000 }, () => delayOf(play(played, settings), timer) ?? 0);
    expect(Math.min(...draws)).toBeGreaterThanOrEqual(most * 0.75);
    expect(Math.max(...draws)).toBeLessThanOrEqual(most);
    expect(new Set(draws).size).toBeGreaterThan(100);
  }
});

test('F3: a peer that says nothing is given up after 240 s', () => {
  expect(delayOf(play([start, on.connected]), `hold ${dialed}`)).toBe(240_000);
});

const keepaliveOf = (keepaliveTimeMs: number): number | undefined =>
  delayOf(play([start, on.connected, on.open], { ...config, keepaliveTimeMs }), `keepalive ${dialed}`);

describe('F4: the hold time', () => {
  test.each([
    ['theirs is lower', 90, 30, 30_000, 10_000],
    ['ours is lower', 9, 90, 9_000, 3_000],
    ['the least', 3, 90, 3_000, 1_000],
    ['none of ours', 0, 90, undefined, undefined],
    ['none of theirs', 90, 0, undefined, undefined],
  ])('%s', (_, ours, theirs, holdMs, keepaliveMs) => {
    const settings: PeerConfig = { ...config, holdTimeSeconds: ours };
    const open = { ...on.open, message: routerOpen({ holdTimeSeconds: theirs }) };
    const confirming = play([start, on.connected, open], settings);
    expect(delayOf(confirming, `hold ${dialed}`)).toBe(holdMs);
    expect(delayOf(confirming, `keepalive ${dialed}`)).toBe(keepaliveMs);
    const established = play([on.keepalive], settings, confirming.state);
    expect(rfcState(established.state)).toBe('Established');
    expect(delayOf(established, `hold ${dialed}`)).toBe(holdMs);
    expect(delayOf(established, `sendHold ${dialed}`)).toBe(holdMs === undefined ? undefined : 480_000);
    // What was armed while OPEN was awaited must not fire.
    const disarmed = confirming.effects.some((one) => one.kind === 'disarm' && one.timer === `hold ${dialed}`);
    expect(disarmed).toBe(holdMs === undefined);
  });

  test('a configured keepalive time counts where it is shorter', () => {
    expect([keepaliveOf(2_000), keepaliveOf(60_000), keepaliveOf(100)]).toEqual([2_000, 3_000, 1_000]);
  });
});

test('F5: OPEN is sent when the wait is over, or in answer to the OPEN of the peer', () => {
  const waiting = play([start, on.connected], delaying);
  expect(sent(waiting)).toEqual([]);
  const timer: PeerEvent = { kind: 'timer', timer: `delayOpen ${dialed}` };
  expect(sent(play([timer], delaying, waiting.state)).map(({ kind }) => kind)).toEqual(['open']);
  expect(sent(play([on.open], delaying, waiting.state)).map(({ kind }) => kind)).toEqual(['open', 'keepalive']);
});

describe('F7: rest after errors', () => {
  /** After so many refused OPENs in a row. */
  function failing(count: number): PeerStep {
    let step = play([start]);
    for (let left = count; left > 0; left--) {
      if (left < count) step = play([{ kind: 'timer', timer: 'idleHold' }], config, step.state);
      const { connected, badOpen } = eventsOf(`dialed ${step.state.lastDialed}`);
      step = play([connected, badOpen], config, step.state);
    }
    return step;
  }

  test('is longer each time, up to 120 s', () => {
    const delays = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((count) => delayOf(failing(count), 'idleHold'));
    expect(delays).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 120_000, 120_000]);
  });

  test.each([
    ['start', [start]],
    ['stop and start', [{ kind: 'stop', reason: 'shutdown', text: '' }, start]],
    ['another configuration', [{ kind: 'renew', reason: 'configurationChange', text: '' }]],
  ] as const)('is forgotten with %s', (_, events) => {
    expect(play([...events], config, failing(5).state).state).toMatchObject({
      failures: 0,
      dialer: { state: 'connect' },
    });
  });

  test('is forgotten after 300 s of a session, not before', () => {
    const established = play([], config, { ...states.Established, failures: 4 }).state;
    expect(delayOf(play([start, on.connected, on.open, on.keepalive]), 'stable')).toBe(300_000);
    expect(play([{ kind: 'timer', timer: 'stable' }], config, established).state.failures).toBe(0);
    expect(delayOf(play([on.closed], config, established), 'idleHold')).toBe(16_000);
  });
});

/** Dials again and again; when the next attempt is made after each, in seconds. */
function refused(times: number, settings = config) {
  let step = play([start], settings);
  const delays: (number | undefined)[] = [];
  for (let time = 1; time <= times; time++) {
    const { connected, closed } = eventsOf(`dialed ${time}`);
    step = play([connected, closed], settings, step.state);
    delays.push((delayOf(step, 'connectRetry') ?? 0) / 1000);
    step = play([{ kind: 'timer', timer: 'connectRetry' }], settings, step.state);
  }
  return { delays, state: step.state };
}

describe('F8: a peer that closes before it says anything', () => {
  test('is tried again soon, and after ConnectRetryTime when that does not help', () => {
    expect(refused(6).delays).toEqual([1, 2, 4, 8, 10, 10]);
    expect(refused(2, { ...config, connectRetryTimeMs: 1_000 }).delays).toEqual([1, 1]);
  });

  test('is no error, so that it rests no longer after one', () => {
    expect(refused(6).state.failures).toBe(0);
  });

  test('is forgotten with a session, and with another configuration', () => {
    const { state } = refused(3);
    const { connected, open, keepalive } = eventsOf('dialed 4');
    expect(play([connected, open, keepalive], config, state).state.refusals).toBe(0);
    const renewed = play([{ kind: 'renew', reason: 'configurationChange', text: '' }], config, state);
    expect(renewed.state.refusals).toBe(0);
  });
});

/** Both have come up; the one named first is in that state. */
function both(
  first: ConnectionId,
  state: 'OpenSent' | 'OpenConfirm' | 'Established',
  open: PeerEvent & { kind: 'open' },
) {
  const { open: _, ...events } = eventsOf(first);
  const other = eventsOf(first === dialed ? accepted : dialed);
  const come: PeerEvent[] = [start, on.connected, onAccepted.accepted];
  if (state !== 'OpenSent') come.push({ ...open, id: first });
  if (state === 'Established') come.push(events.keepalive);
  return { state: play(come).state, other };
}

describe('F9: two connections', () => {
  const lower = routerOpen();
  const higher = routerOpen({ bgpIdentifier: 0xc000_02ff });
  const sameLowerAs = routerOpen({ bgpIdentifier: config.bgpIdentifier });

  test.each([
    ['ours is higher', lower, 'dialed'],
    ['theirs is higher', higher, 'accepted'],
    ['the same, and our AS is higher', sameLowerAs, 'dialed'],
  ] as const)('by identifier: %s', (_, message, stays) => {
    for (const first of [dialed, accepted] as const) {
      const open = { kind: 'open', id: first, message } as const;
      const { state, other } = both(first, 'OpenConfirm', open);
      const resolved = play([{ ...other.open, message }], config, state);
      expect(resolved.state.connections).toMatchObject([{ direction: stays, state: 'openConfirm' }]);
      const gone = resolved.effects.flatMap((one) => (one.kind === 'ended' ? [one] : []));
      expect(gone).toMatchObject([{ cause: { kind: 'sent', notification: { code: 6, subcode: 7 } } }]);
      expect(resolved.state.dialer).toEqual({ state: 'engaged' });
    }
  });

  test('identifiers are compared as unsigned numbers', () => {
    const message = routerOpen({ bgpIdentifier: 0x0a00_0001 });
    const { state, other } = both(dialed, 'OpenConfirm', { kind: 'open', id: dialed, message });
    expect(play([{ ...other.open, message }], config, state).state.connections).toMatchObject([
      { direction: 'dialed' },
    ]);
  });

  test.each([dialed, accepted] as const)('while %s waits for OPEN nothing is decided', (first) => {
    const { state, other } = both(first, 'OpenSent', on.open);
    expect(
      play([other.open], config, state)
        .state.connections.map((one) => one.state)
        .toSorted(),
    ).toEqual(['openConfirm', 'openSent']);
  });

  test.each([
    ['lower', lower],
    ['higher', higher],
  ])('an Established one stays when the peer is %s', (_, message) => {
    for (const first of [dialed, accepted] as const) {
      const { state, other } = both(first, 'Established', { kind: 'open', id: first, message });
      const resolved = play([{ ...other.open, message }], config, state);
      expect(resolved.state.connections).toMatchObject([{ id: first, state: 'established' }]);
      expect(sent(resolved)).toMatchObject([{ kind: 'notification', code: 6, subcode: 7 }]);
    }
  });

  test.each([
    ['keeps routes and has come back', true, 'accepted 2'],
    ['keeps no routes', false, 'accepted 1'],
  ])('a peer that %s', (_, preserves, stays) => {
    const message = routerOpen({}, preserves);
    const established = play([start, onAccepted.accepted, { ...onAccepted.open, message }, onAccepted.keepalive]);
    const again = eventsOf('accepted 2');
    const handshake = play([again.accepted], config, established.state);
    // A bare TCP connection must not end a session.
    expect(rfcState(handshake.state)).toBe('Established');
    const resolved = play([{ ...again.open, message }], config, handshake.state);
    expect(resolved.state.connections.map(({ id }) => id)).toEqual([stays]);
    expect(sent(resolved).map(({ kind }) => kind)).toEqual([preserves ? 'keepalive' : 'notification']);
    expect(resolved.effects).toContainEqual({ kind: 'close', id: preserves ? 'accepted 1' : 'accepted 2', how: 'fin' });
  });

  test('a connection that was there before the session does not end it, whatever the peer keeps', () => {
    const message = routerOpen({}, true);
    const { state, other } = both(accepted, 'Established', { kind: 'open', id: accepted, message });
    expect(play([{ ...other.open, message }], config, state).state.connections).toMatchObject([{ id: accepted }]);
  });

  test('of two accepted ones without a session the younger stays', () => {
    const first = play([start, onAccepted.accepted]);
    const second = play([eventsOf('accepted 2').accepted], config, first.state);
    expect(second.state.connections).toMatchObject([{ id: 'accepted 2', state: 'openSent' }]);
    expect(second.state.dialer.state).toBe('connect');
  });

  test('the loss of one leaves the other alone', () => {
    const { state } = both(dialed, 'OpenConfirm', on.open);
    const lost = play([on.notification], config, state);
    expect(lost.state.connections).toMatchObject([{ id: accepted, state: 'openSent' }]);
    expect(rfcState(lost.state)).toBe('OpenSent');
  });

  test('a session ends the attempt to dial', () => {
    const established = play([start, onAccepted.accepted, onAccepted.open, onAccepted.keepalive]);
    expect(established.effects).toContainEqual({ kind: 'close', id: dialed, how: 'rst' });
    expect(established.state.dialer).toEqual({ state: 'engaged' });
  });
});

describe('what OPEN says', () => {
  test('§9: R is set until the first session', () => {
    const restarting = (open: ReturnType<typeof openSentBy>) =>
      findCapability(open.capabilities, 'gracefulRestart')?.restarting;
    expect(restarting(openSentBy(config))).toBe(true);
    const lost = play([on.closed], config, states.Established).state;
    expect(restarting(openSentBy(config, lost))).toBe(false);
  });

  test('§3: after a refused hold time the default becomes 90 s, an explicit one stays', () => {
    const refusal: PeerEvent = { kind: 'notification', id: dialed, message: notification(2, 6) };
    const explicit: PeerConfig = { ...config, holdTimeSeconds: 9 };
    const timeOf = (settings: PeerConfig): number =>
      openSentBy(settings, play([start, on.connected, refusal], settings).state).holdTimeSeconds;
    expect([openSentBy(config).holdTimeSeconds, timeOf(config), timeOf(explicit)]).toEqual([9, 90, 9]);
  });

  test.each([
    ['2/7 that names one', notification(2, 7, Uint8Array.of(6, 0)), [6]],
    ['2/7 that names nothing', notification(2, 7), [6, 70, 73, 75]],
    ['2/4', notification(2, 4), [6, 70, 73, 75]],
    ['6/4', notification(6, 4), []],
  ])('§4.3: after %s capabilities are left out, until the configuration changes', (_, message, omitted) => {
    const { state } = play([start, on.connected, { kind: 'notification', id: dialed, message }]);
    expect(state.memory.omitted).toEqual(omitted);
    const renewed = play([{ kind: 'renew', reason: 'configurationChange', text: '' }], config, state);
    expect(renewed.state.memory.omitted).toEqual([]);
  });
});
