import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Ip } from '#shared/net/ip.ts';
import type { Capability } from '#speaker/bgp/capability.ts';
import type { ListenMode } from '#speaker/bgp/listeners.ts';
import type { PeerSession } from '#speaker/bgp/peer-session.ts';
import { BgpSessions } from '#speaker/bgp/sessions.ts';
import { routes } from './out-play.ts';
import { routerOpen } from './peer-play.ts';
import { nodeIp, PlayedRouter, routerIp } from './played-router.ts';
import { peerSession, Stage } from './session-stage.ts';

const otherIp = '192.0.2.2' as Ip;
const octets = (text: string): Uint8Array => new TextEncoder().encode(text);
const other = peerSession({ name: 'other', transport: { remote: otherIp } });
const one = routes([{}, '198.51.100.1/32']);
const two = routes([{}, '198.51.100.2/32']);

function sessionsOn(stage: Stage, peers: readonly PeerSession[], mode: ListenMode = 'off', own = nodeIp): BgpSessions {
  const sessions = new BgpSessions({ mode, port: 179 }, stage.dependencies(own));
  sessions.configure(peers);
  return sessions;
}

function signed(peer: PeerSession, text: string): PeerSession {
  return { ...peer, transport: { ...peer.transport, password: octets(text) } };
}

const states = (sessions: BgpSessions): readonly string[] =>
  sessions.statuses.map(({ name, state }) => `${name} ${state}`);

describe('the sessions of a node', () => {
  test('are those configured, each with its routes', () => {
    const stage = new Stage();
    const [first, second] = [new PlayedRouter(stage.network), new PlayedRouter(stage.network, {}, otherIp)];
    const sessions = sessionsOn(stage, [peerSession()]);
    sessions.setRoutes(new Map([['router', one]]), true);
    stage.clock.advance(100);
    sessions.configure([peerSession(), other]);
    sessions.setRoutes(new Map([['other', two]]), true);
    stage.clock.advance(100);
    expect(states(sessions)).toEqual(['router Established', 'other Established']);
    expect([first, second].map(({ receiver }) => Object.keys(receiver.table))).toEqual([[], ['198.51.100.2/32']]);
    sessions.configure([other]);
    stage.clock.advance(60_000);
    expect(states(sessions)).toEqual(['other Established']);
    expect(first.heard.at(-1)).toBe('Cease/Peer De-configured');
    expect([first.connections, second.connections]).toEqual([1, 1]);
  });

  test('§9: wait for what is desired, and say no end before all is known', () => {
    const stage = new Stage();
    const router = new PlayedRouter(stage.network);
    const sessions = sessionsOn(stage, [peerSession()]);
    stage.clock.advance(1_000);
    expect(router.receiver.news()).toEqual([]);
    sessions.setRoutes(new Map([['router', one]]), false);
    stage.clock.advance(1_000);
    expect(router.receiver.news()).toEqual(['+198.51.100.1/32']);
    sessions.setRoutes(new Map([['router', one]]), true);
    stage.clock.advance(1_000);
    expect(router.receiver.news()).toEqual(['end IPv4']);
  });

  test('end together', () => {
    const stage = new Stage();
    const [first, second] = [new PlayedRouter(stage.network), new PlayedRouter(stage.network, {}, otherIp)];
    const sessions = sessionsOn(stage, [peerSession(), other]);
    stage.clock.advance(100);
    sessions.bfd('other', 'down');
    sessions.stop('the node goes');
    stage.clock.advance(60_000);
    expect(first.heard.at(-1)).toBe('Cease/Administrative Shutdown "the node goes"');
    expect(second.heard.at(-1)).toBe('Cease/BFD Down');
    expect([sessions.statuses, first.connections, second.connections]).toEqual([[], 1, 1]);
  });
});

function parting(open = routerOpen(), peer = peerSession()) {
  const stage = new Stage();
  const router = new PlayedRouter(stage.network, { open });
  const sessions = sessionsOn(stage, [peer]);
  sessions.setRoutes(new Map([['router', one]]), true);
  stage.clock.advance(1_000);
  router.receiver.news();
  return { stage, router, sessions };
}

describe('§9: leaving', () => {
  const restarting = routerOpen({}, true);

  test.each([
    ['shutdown', 'Cease/Administrative Shutdown "bye"'],
    ['deletion', 'Cease/Peer De-configured'],
  ])('%s: others are asked for, then ours are gone, then we are', (what, farewell) => {
    const { stage, router, sessions } = parting();
    let left = false;
    const how = { text: 'bye', keepsRoutes: false, graceMs: 5_000 };
    if (what === 'shutdown') sessions.leave(how, () => (left = true));
    else sessions.configure([]);
    stage.clock.advance(100);
    expect(Object.values(router.receiver.table)).toEqual(['origin path 64513 via 192.0.2.11 communities 4294901760']);
    sessions.setRoutes(new Map([['router', two]]), true);
    stage.clock.advance(4_800);
    expect(Object.keys(router.receiver.table)).toEqual(['198.51.100.1/32']);
    stage.clock.advance(200);
    expect(router.receiver.table).toEqual({});
    expect(router.heard.at(-1)).toBe('UPDATE');
    stage.clock.advance(60_000);
    expect(router.heard.at(-1)).toBe(farewell);
    expect([router.connections, left]).toEqual([1, what === 'shutdown']);
  });

  const { capabilities } = routerOpen();
  const helper: Capability = {
    kind: 'gracefulRestart',
    restarting: false,
    notification: false,
    restartTimeSeconds: 0,
    tuples: [],
  };

  test.each([
    ['could restart so itself', restarting],
    ['only helps those that can', routerOpen({ capabilities: [...capabilities, helper] })],
  ])('C10: a peer that %s is left holding our routes, if a successor comes', (_, open) => {
    const { stage, router, sessions } = parting(open);
    let left = false;
    sessions.leave({ text: '', keepsRoutes: true, graceMs: 5_000 }, () => (left = true));
    stage.clock.advance(100);
    expect([left, router.heard.at(-1), Object.keys(router.receiver.table)]).toEqual([
      true,
      'UPDATE',
      ['198.51.100.1/32'],
    ]);
    expect(router.closed).toEqual(['the peer has closed the connection']);
  });

  test.each([
    ['cannot keep them', routerOpen(), peerSession()],
    ['was not asked to keep them', restarting, peerSession({ config: { gracefulRestart: false } })],
  ])('C10: a peer that %s is asked to use others', (_, open, peer) => {
    const { stage, router, sessions } = parting(open, peer);
    sessions.leave({ text: '', keepsRoutes: true, graceMs: 2_000 }, () => {});
    stage.clock.advance(2_100);
    expect(router.receiver.news()).toEqual(['+198.51.100.1/32', '-198.51.100.1/32']);
  });

  test('a second request ends everything at once, and what was not up ends at once anyway', () => {
    const { stage, router, sessions } = parting();
    let left = 0;
    sessions.leave({ text: 'bye', keepsRoutes: false, graceMs: 5_000 }, () => left++);
    stage.clock.advance(10);
    sessions.stop('now');
    stage.clock.advance(10);
    expect(router.heard.at(-1)).toBe('Cease/Administrative Shutdown "now"');
    stage.clock.advance(60_000);
    expect([left, router.connections]).toEqual([0, 1]);
    const nobody = sessionsOn(new Stage(), [peerSession()]);
    nobody.leave({ text: '', keepsRoutes: false, graceMs: 5_000 }, () => left++);
    nobody.leave({ text: '', keepsRoutes: false, graceMs: 5_000 }, () => left++);
    expect(left).toBe(2);
  });

  test('what takes the place of another at a router takes it at once', () => {
    const { stage, router, sessions } = parting();
    sessions.configure([peerSession({ name: 'renamed' })]);
    sessions.setRoutes(new Map([['renamed', two]]), true);
    stage.clock.advance(100);
    expect(states(sessions)).toEqual(['renamed Established']);
    expect(Object.keys(router.receiver.table)).toEqual(['198.51.100.2/32']);
    expect(router.heard).toContain('Cease/Peer De-configured');
  });

  test('what is leaving for good is not left half-way', () => {
    const { stage, router, sessions } = parting(restarting);
    sessions.configure([]);
    stage.clock.advance(1_000);
    sessions.leave({ text: '', keepsRoutes: true, graceMs: 5_000 }, () => {});
    stage.clock.advance(100);
    expect(router.heard.at(-1)).toBe('Cease/Peer De-configured');
  });

  test('a peer that comes back while it is leaving begins anew', () => {
    const { stage, router, sessions } = parting();
    sessions.configure([]);
    stage.clock.advance(1_000);
    sessions.configure([peerSession()]);
    stage.clock.advance(100);
    expect(states(sessions)).toEqual(['router Established']);
    expect(router.receiver.table).toEqual({ '198.51.100.1/32': 'origin path 64513 via 192.0.2.11' });
    stage.clock.advance(60_000);
    expect([states(sessions), router.connections]).toEqual([['router Established'], 2]);
  });
});

/** Two nodes of ours that are each other's peers. */
function facing(stage: Stage, modes: readonly [ListenMode, ListenMode], swapped = false) {
  const [low, high] = swapped ? [64_513, 64_512] : [64_512, 64_513];
  const left = peerSession({
    name: 'right',
    config: { localAsn: low, peerAsn: high, bgpIdentifier: 1 },
    transport: { remote: routerIp },
  });
  const right = peerSession({
    name: 'left',
    config: { localAsn: high, peerAsn: low, bgpIdentifier: swapped ? 1 : 2 },
    transport: { remote: nodeIp },
  });
  const sides = [sessionsOn(stage, [left], modes[0]), sessionsOn(stage, [right], modes[1], routerIp)] as const;
  for (const [at, side] of sides.entries()) side.setRoutes(new Map([[at === 0 ? 'right' : 'left', one]]), true);
  return { left, right, sides };
}

describe('F10: listening', () => {
  test.each([
    ['F9: both dial and listen, and one connection stays', ['on', 'on'], false],
    ['F9: with equal identifiers the AS numbers decide', ['on', 'on'], true],
    ['only one listens', ['off', 'on'], false],
  ] as const)('%s', (_, modes, swapped) => {
    const stage = new Stage();
    const { sides } = facing(stage, modes, swapped);
    stage.clock.advance(60_000);
    for (const side of sides) {
      expect(side.statuses).toMatchObject([{ state: 'Established', prefixes: { IPv4: 1 }, isSynced: true }]);
    }
    const alive = stage.network.connections.filter(([dialled, accepted]) => !dialled.isOver && !accepted.isOver);
    expect(alive).toHaveLength(1);
    expect(stage.network.connections.length).toBe(modes[0] === 'on' ? 2 : 1);
  });

  test('F9: however their messages cross, two that both dial and listen come to have one connection', () => {
    const latency = fc.constantFrom(0, 1, 2, 5, 40);
    fc.assert(
      fc.property(fc.infiniteStream(latency), fc.boolean(), (latencies, swapped) => {
        const stage = new Stage(() => latencies.next().value ?? 0);
        const { sides } = facing(stage, ['on', 'on'], swapped);
        stage.clock.advance(120_000);
        expect(sides.flatMap(states)).toEqual(['right Established', 'left Established']);
        expect(
          stage.network.connections.filter(([dialled, accepted]) => !dialled.isOver && !accepted.isOver),
        ).toHaveLength(1);
      }),
      { numRuns: 100 },
    );
  });

  test('nobody listens: nobody meets', () => {
    const stage = new Stage();
    const { sides } = facing(stage, ['off', 'auto']);
    stage.clock.advance(60_000);
    expect(sides.flatMap(states)).not.toContain('right Established');
    expect(stage.network.connections).toEqual([]);
  });

  describe('§12: an unnumbered peer that has not been heard of yet', () => {
    const [ours, theirs] = ['fe80::11' as Ip, 'fe80::1' as Ip];
    const onLink = { config: { linkLocalNextHop: true }, transport: { remote: undefined, device: 'eth1' } };

    function dialled(by: Ip): { sessions: BgpSessions; stage: Stage; peer: PeerSession } {
      const stage = new Stage();
      const peer = peerSession(onLink);
      const sessions = sessionsOn(stage, [peer], 'auto', ours);
      const back = peerSession({
        name: 'node',
        config: { localAsn: 64_512, peerAsn: 64_513, bgpIdentifier: 1 },
        transport: { remote: ours },
      });
      sessionsOn(stage, [back], 'off', by);
      stage.clock.advance(1_000);
      return { sessions, stage, peer };
    }

    test('is accepted from its link', () => {
      expect(states(dialled(theirs).sessions)).toEqual(['router Established']);
    });

    test('keeps its session when it is heard', () => {
      const { sessions, stage, peer } = dialled(theirs);
      sessions.configure([{ ...peer, transport: { ...peer.transport, remote: theirs } }]);
      stage.clock.advance(20_000);
      expect(states(sessions)).toEqual(['router Established']);
      expect(stage.network.connections).toHaveLength(1);
    });

    test('loses it when another one is meant', () => {
      const { sessions, stage, peer } = dialled(theirs);
      sessions.configure([{ ...peer, transport: { ...peer.transport, remote: 'fe80::2' as Ip } }]);
      stage.clock.advance(1_000);
      expect(states(sessions)).not.toContain('router Established');
    });

    test('is nobody from beyond the link', () => {
      expect(states(dialled(routerIp).sessions)).not.toContain('router Established');
    });
  });

  test('auto: for unnumbered peers', () => {
    const stage = new Stage();
    const peer = peerSession({ config: { linkLocalNextHop: true }, transport: { device: 'eth1' } });
    const sessions = sessionsOn(stage, [peer], 'auto');
    const told: string[] = [];
    const handler = {
      connected: () => void told.push('connected'),
      received() {},
      drained() {},
      closed: () => void told.push('closed'),
    };
    const transport = { ...peer.transport, remote: nodeIp, local: routerIp, device: undefined };
    stage.network.stack(routerIp).connect(transport, handler);
    stage.clock.advance(10);
    expect(told).toEqual(['connected']);
    expect(states(sessions)).toEqual(['router OpenSent']);
  });

  test('a stranger is closed without a word, and told of once a minute', () => {
    const stage = new Stage();
    sessionsOn(stage, [peerSession()], 'on');
    const told: string[] = [];
    const handler = {
      connected: () => void told.push('connected'),
      received: () => void told.push('received'),
      drained() {},
      closed: () => void told.push('closed'),
    };
    const transport = { ...other.transport, remote: nodeIp };
    for (let time = 0; time < 5; time++) {
      stage.network.stack('192.0.2.9' as Ip).connect(transport, handler);
      stage.clock.advance(10);
    }
    expect(told.filter((what) => what !== 'closed')).toEqual(Array(5).fill('connected'));
    expect(told.filter((what) => what === 'closed')).toHaveLength(5);
    const refusals = (): number => stage.lines.filter((line) => line.startsWith('refused')).length;
    expect(refusals()).toBe(1);
    stage.clock.advance(60_000);
    stage.network.stack('192.0.2.9' as Ip).connect(transport, handler);
    stage.clock.advance(10);
    expect(refusals()).toBe(2);
  });

  test('a port that is taken is told of, asked for each minute, and keeps nobody from dialling', () => {
    const stage = new Stage();
    const router = new PlayedRouter(stage.network);
    const key = `${nodeIp} 179`;
    stage.network.taken.add(key);
    const sessions = sessionsOn(stage, [peerSession()], 'on');
    stage.clock.advance(1_000);
    expect(states(sessions)).toEqual(['router Established']);
    expect(sessions.listenFailures).toEqual(['192.0.2.11 port 179: bind: EADDRINUSE']);
    stage.clock.advance(600_000);
    expect(stage.lines.filter((line) => line.startsWith('cannot listen'))).toHaveLength(1);
    stage.network.taken.delete(key);
    stage.clock.advance(60_000);
    expect(sessions.listenFailures).toEqual([]);
    expect(router.connections).toBe(1);
  });

  test('F17: with the password of the peer, also when it changes', () => {
    const stage = new Stage();
    const { left, right, sides } = facing(stage, ['off', 'on']);
    stage.clock.advance(100);
    sides[0].configure([signed(left, 'one')]);
    stage.clock.advance(10_000);
    expect(states(sides[0])).toEqual(['right Active']);
    sides[1].configure([signed(right, 'one')]);
    stage.clock.advance(60_000);
    expect(states(sides[0])).toEqual(['right Established']);
    const before = stage.network.connections.length;
    sides[0].configure([signed(left, 'two')]);
    sides[1].configure([signed(right, 'two')]);
    stage.clock.advance(60_000);
    // What was accepted must be had anew (§4.5).
    expect(stage.network.connections.length).toBeGreaterThanOrEqual(before);
    expect(sides.flatMap(states)).toEqual(['right Established', 'left Established']);
  });

  test('a peer whose hop limits are not those of the listener has to be dialled', () => {
    const stage = new Stage();
    new PlayedRouter(stage.network, {}, otherIp);
    const secured = peerSession({ name: 'other', transport: { remote: otherIp, hopLimit: 255, leastHopLimit: 255 } });
    const sessions = sessionsOn(stage, [peerSession(), secured], 'on');
    const told: string[] = [];
    const handler = {
      connected() {},
      received: () => void told.push('OPEN'),
      drained() {},
      closed: () => void told.push('closed'),
    };
    stage.network.stack(otherIp).connect({ ...secured.transport, remote: nodeIp }, handler);
    stage.clock.advance(100);
    expect(told).toEqual(['closed']);
    expect(states(sessions)).toEqual(['router Active', 'other Established']);
  });
});
