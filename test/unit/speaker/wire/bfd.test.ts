import { describe, expect, test } from 'vitest';
import type { Ip } from '#shared/net/ip.ts';
import { encodeControlPacket } from '#speaker/bfd/control-packet.ts';
import { ethernet, network } from '#test/simulation/node/host-network.ts';
import { packet } from '../bfd/packets.ts';
import { BfdStage, wantedBfd, type BfdNode } from './bfd-node.ts';

const [node, router, other] = ['192.0.2.11', '192.0.2.1', '192.0.2.2'];

interface Pair {
  readonly stage: BfdStage;
  readonly ours: BfdNode;
  readonly theirs: BfdNode;
}

function pair(changes: Parameters<typeof wantedBfd>[1] = {}): Pair {
  const stage = new BfdStage();
  const [ours, theirs] = [stage.node(node), stage.node(router)];
  ours.want(wantedBfd(router, changes));
  theirs.want(wantedBfd(node, changes));
  return { stage, ours, theirs };
}

function upPair(changes: Parameters<typeof wantedBfd>[1] = {}): Pair {
  const both = pair(changes);
  both.stage.advance(5000);
  expect([both.ours.states, both.theirs.states]).toEqual([['up'], ['up']]);
  return both;
}

describe('a session', () => {
  test('comes Up, and is told of with its addresses and what it counts', () => {
    const { stage, ours } = upPair();
    const { counters, ...seen } = ours.only;
    expect(seen).toEqual({
      remote: router,
      local: node,
      device: undefined,
      multihop: false,
      state: 'up',
      peerAdminDown: false,
      failures: 0,
      lastDetectionMs: undefined,
    });
    expect(counters).toMatchObject({ dropped: 0, ups: 1, downs: 0 });
    expect(counters.sent).toBe(stage.network.packetsFrom(node).length);
    expect(counters.received).toBe(stage.network.packetsFrom(router).length);
    expect(ours.log.lines.map(({ level, message }) => `${level} ${message}`)).toEqual(['info a BFD session is up']);
  });

  test('sends from one port of its own above 49151, with hop limit 255, to 3784', () => {
    const { stage } = upPair();
    const ours = stage.network.sent.filter(({ from }) => from === node);
    expect(new Set(ours.map(({ sourcePort }) => sourcePort)).size).toBe(1);
    expect(ours[0]?.sourcePort).toBeGreaterThanOrEqual(49_152);
    expect(new Set(ours.map(({ port, hopLimit }) => `${port} ${hopLimit}`))).toEqual(new Set(['3784 255']));
  });

  test('over several hops speaks on 4784, and hears what has hops enough left', () => {
    const { stage, ours } = upPair({ multihop: true, leastHopLimit: 250 });
    expect(stage.network.listening).toEqual([`${node}:4784`, `${router}:4784`]);
    const fake = (hopLimit: number): void => {
      const [last] = stage.network.sent.filter(({ from }) => from === router).slice(-1);
      if (last !== undefined) stage.network.carry({ ...last, hopLimit });
    };
    const before = ours.only.counters;
    fake(250);
    fake(249);
    stage.advance(0);
    const { received, dropped } = ours.only.counters;
    expect([received - before.received, dropped - before.dropped]).toEqual([1, 1]);
  });

  test('a peer that falls silent is missed after the detection time, and that is a failure', () => {
    const { stage, ours, theirs } = upPair();
    stage.network.lose(() => true);
    const before = ours.changes;
    stage.advance(1200);
    expect(ours.only).toMatchObject({
      state: 'down',
      failures: 1,
      lastDetectionMs: 900,
      counters: { ups: 1, downs: 1 },
    });
    expect(ours.changes).toBeGreaterThan(before);
    expect(ours.log.lines.at(-1)).toMatchObject({
      level: 'warn',
      message: 'a BFD session is down',
      fields: { remote: router, local: node, cause: 'detectionTimeExpired', silenceMs: 900 },
    });
    expect(theirs.only).toMatchObject({ state: 'down', failures: 1 });
  });

  test('a peer that says it is Down is a failure too, and comes back', () => {
    const { stage, ours, theirs } = upPair();
    const cancel = stage.network.lose(({ from }) => from === node);
    stage.advance(1200);
    expect(theirs.only).toMatchObject({ state: 'down', failures: 1, lastDetectionMs: 900 });
    expect(ours.only).toMatchObject({ failures: 1, lastDetectionMs: undefined, peerAdminDown: false });
    cancel();
    stage.advance(3000);
    expect(ours.only).toMatchObject({ state: 'up', failures: 1, counters: { ups: 2, downs: 1 } });
  });

  test('a peer that takes leave is no failure', () => {
    const { stage, ours, theirs } = upPair();
    theirs.want();
    stage.advance(60_000);
    expect(ours.only).toMatchObject({ state: 'down', failures: 0, peerAdminDown: true, counters: { downs: 1 } });
    expect(ours.log.lines.at(-1)).toMatchObject({ level: 'info', message: 'a BFD session was taken down' });
  });
});

describe('leaving', () => {
  test('what is not wanted any more says AdminDown three times, 100 ms apart, and closes its sockets', () => {
    const { stage, ours } = upPair();
    const before = stage.network.sent.length;
    ours.want();
    expect(ours.bfd.observed).toEqual([]);
    stage.advance(1000);
    const farewells = stage.network.sent.slice(before).filter(({ from }) => from === node);
    expect(farewells).toHaveLength(3);
    expect(stage.network.packetsFrom(node).slice(-3)).toMatchObject(
      [1, 2, 3].map(() => ({ state: 'adminDown', diagnostic: 7 })),
    );
    expect(stage.network.listening).toEqual([`${router}:3784`]);
    expect(stage.network.speaking.filter((name) => name.startsWith(node))).toEqual([]);
  });

  test('all take leave at a stop, which waits for that', () => {
    const stage = new BfdStage();
    const ours = stage.node(node);
    for (const address of [router, other]) stage.node(address).want(wantedBfd(node));
    ours.want(wantedBfd(router), wantedBfd(other));
    stage.advance(5000);
    const leftAtMs: number[] = [];
    ours.bfd.leave(() => leftAtMs.push(stage.clock.nowMs()));
    expect(leftAtMs).toEqual([]);
    stage.advance(10_000);
    expect(leftAtMs).toEqual([5200]);
    expect(
      stage.network
        .packetsFrom(node)
        .slice(-6)
        .map(({ state }) => state),
    ).toEqual(Array(6).fill('adminDown'));
    expect([...stage.network.listening, ...stage.network.speaking].filter((name) => name.startsWith(node))).toEqual([]);
  });

  test('a stop waits for those too that were just not wanted any more', () => {
    const { stage, ours } = upPair();
    const sinceMs = stage.clock.nowMs();
    ours.want();
    stage.advance(10);
    let leftAfterMs: number | undefined;
    ours.bfd.leave(() => (leftAfterMs = stage.clock.nowMs() - sinceMs));
    stage.advance(1000);
    expect(leftAfterMs).toBe(200);
  });

  test('without sessions, or with nobody heard, a stop waits for nothing', () => {
    const stage = new BfdStage();
    let left = 0;
    stage.node(node).bfd.leave(() => left++);
    stage
      .node(other)
      .want(wantedBfd(router))
      .bfd.leave(() => left++);
    expect(left).toBe(2);
  });

  test('whoever is wanted again while it takes leave begins anew at once', () => {
    const { stage, ours } = upPair();
    ours.want();
    stage.advance(50);
    ours.want(wantedBfd(router));
    stage.advance(3000);
    expect(ours.only).toMatchObject({ state: 'up', failures: 0 });
    const farewells = stage.network.packetsFrom(node).filter(({ state }) => state === 'adminDown');
    expect(farewells).toHaveLength(1);
  });
});

describe('what is wanted changes', () => {
  test('other intervals go by Poll, and nothing is reset', () => {
    const { stage, ours } = upPair();
    const before = stage.network.sent.length;
    ours.want(wantedBfd(router, { transmitIntervalMs: 100, receiveIntervalMs: 500, detectMultiplier: 5 }));
    stage.advance(2000);
    const said = stage.network.sent.slice(before).filter(({ from }) => from === node);
    expect(said.length).toBeGreaterThan(0);
    expect(stage.network.packetsFrom(node).slice(-said.length)[0]).toMatchObject({ state: 'up', poll: true });
    expect(stage.network.packetsFrom(node).at(-1)).toMatchObject({
      poll: false,
      detectMultiplier: 5,
      desiredMinTxUs: 100_000,
      requiredMinRxUs: 500_000,
    });
    expect(ours.only).toMatchObject({ state: 'up', counters: { ups: 1, downs: 0 } });
  });

  test('another session comes and goes beside one that stays', () => {
    const { stage, ours } = upPair();
    stage.node(other).want(wantedBfd(node));
    ours.want(wantedBfd(other), wantedBfd(router));
    stage.advance(5000);
    expect(ours.states).toEqual(['up', 'up']);
    ours.want(wantedBfd(router));
    stage.advance(5000);
    expect(ours.only).toMatchObject({ remote: router, state: 'up', counters: { ups: 1, downs: 0 } });
  });

  test('peers with one router share a session, of which the stricter wins', () => {
    const { stage, ours } = upPair();
    ours.want(
      wantedBfd(router, { transmitIntervalMs: 1000, receiveIntervalMs: 200, detectMultiplier: 5, passive: true }),
      wantedBfd(router, { transmitIntervalMs: 400, receiveIntervalMs: 600, detectMultiplier: 2 }),
    );
    stage.advance(3000);
    expect(ours.only.state).toBe('up');
    expect(stage.network.packetsFrom(node).at(-1)).toMatchObject({
      desiredMinTxUs: 400_000,
      requiredMinRxUs: 200_000,
      detectMultiplier: 2,
    });
  });

  test('two that would be the same on the wire are one, and the other a problem', () => {
    const { stage, ours } = upPair();
    ours.want(wantedBfd(router), wantedBfd(router, { local: node as Ip }));
    stage.advance(2000);
    expect(ours.states).toEqual(['up', 'down']);
    expect(ours.bfd.problems).toEqual([expect.stringMatching(/there is a session between it and 192.0.2.11 already/)]);
    ours.want(wantedBfd(router, { local: node as Ip }));
    stage.advance(5000);
    expect([ours.states, ours.bfd.problems]).toEqual([['up'], []]);
  });
});

describe('own addresses and sockets', () => {
  test('a session waits for its address, and says so', () => {
    const { stage, ours, theirs } = pair({ local: undefined });
    ours.sockets.addresses = [];
    ours.want();
    ours.want(wantedBfd(router, { local: node as Ip }));
    expect(ours.bfd.problems).toEqual([expect.stringMatching(/192.0.2.11 is no address of this node/)]);
    ours.want(wantedBfd(router));
    expect(ours.bfd.problems).toEqual([expect.stringMatching(/no way there \(connect failed with ENETUNREACH\)/)]);
    expect(ours.only.local).toBeUndefined();
    stage.advance(5000);
    ours.sockets.addresses = [node];
    stage.advance(4000);
    expect([ours.states, theirs.states, ours.bfd.problems]).toEqual([['up'], ['up'], []]);
  });

  test('a change of the machine’s network is used at once', () => {
    const { ours, stage } = pair();
    ours.sockets.addresses = [];
    ours.want();
    ours.want(wantedBfd(router));
    ours.sockets.addresses = [node];
    ours.hasNetwork(network([ethernet(2, 'eth0')], []));
    stage.advance(1);
    expect(stage.network.packetsFrom(node).length).toBeGreaterThan(0);
  });

  test('a port that another program has is a problem until it is free', () => {
    const stage = new BfdStage();
    const [ours, theirs] = [stage.node(node), stage.node(router)];
    ours.sockets.refusal = { call: 'bind', code: 'EADDRINUSE' };
    ours.want(wantedBfd(router));
    theirs.want(wantedBfd(node));
    stage.advance(3000);
    expect(ours.bfd.problems).toEqual([
      expect.stringMatching(/UDP port 3784 of 192.0.2.11 is taken by another program/),
    ]);
    expect(ours.states).toEqual(['down']);
    ours.sockets.refusal = undefined;
    stage.advance(3000);
    expect([ours.states, ours.bfd.problems]).toEqual([['up'], []]);
  });

  test('a socket that breaks is opened again', () => {
    const { stage, ours } = upPair();
    stage.network.fail({ call: 'recvmsg', code: 'ENOBUFS' });
    expect(stage.network.listening).toEqual([]);
    stage.advance(6000);
    expect(ours.states).toEqual(['up']);
    expect(stage.network.listening).toHaveLength(2);
  });

  test('the address that the kernel sends from may become another while the session is not Up', () => {
    const { stage, ours, theirs } = upPair();
    ours.sockets.addresses = ['192.0.2.12'];
    theirs.want(wantedBfd('192.0.2.12'));
    stage.advance(6000);
    expect(ours.only).toMatchObject({ state: 'up', local: '192.0.2.12' });
  });

  test('while it is Up it stays where it is', () => {
    const { stage, ours } = upPair();
    ours.sockets.addresses = ['192.0.2.12', node];
    ours.hasNetwork(network([], []));
    stage.advance(5000);
    expect(ours.only).toMatchObject({ state: 'up', local: node, counters: { downs: 0 } });
  });

  test('two sessions of one address share what hears and have a port each', () => {
    const stage = new BfdStage();
    stage.node(node).want(wantedBfd(router), wantedBfd(other));
    stage.advance(1);
    expect(stage.network.listening).toEqual([`${node}:3784`]);
    expect(new Set(stage.network.speaking).size).toBe(2);
  });

  test('no two have one port, whatever their addresses', () => {
    const stage = new BfdStage();
    const ours = stage.node(node, '2001:db8::b');
    // Two discriminators, and a port; the same port again, and another.
    ours.drawn.push(1, 2, 1000, 1000, 1001);
    ours.want(wantedBfd(router), wantedBfd('2001:db8::1'));
    expect(stage.network.speaking).toEqual([`${node}:${49_152 + 1000}`, `2001:db8::b:${49_152 + 1001}`]);
  });

  test('a discriminator is not 0, and nobody else’s', () => {
    const stage = new BfdStage();
    const ours = stage.node(node);
    ours.drawn.push(0, 7, 7, 8, 1000, 1001);
    ours.want(wantedBfd(router), wantedBfd(other));
    stage.advance(1);
    expect(stage.network.packetsFrom(node).map(({ myDiscriminator }) => myDiscriminator)).toEqual([7, 8]);
  });

  test('a device that is not there is waited for; one that was made anew is spoken on', () => {
    const stage = new BfdStage();
    const [ours, theirs] = [stage.node('fe80::b'), stage.node('fe80::1')];
    ours.want(wantedBfd('fe80::1', { device: 'eth9' }));
    theirs.hasNetwork(network([ethernet(3, 'eth0')], [])).want(wantedBfd('fe80::b', { device: 'eth0' }));
    expect(ours.bfd.problems).toEqual([expect.stringMatching(/there is no interface eth9 on this node/)]);
    ours.hasNetwork(network([ethernet(7, 'eth9')], []));
    stage.advance(3000);
    expect([ours.states, ours.bfd.problems]).toEqual([['up'], []]);
    const port = stage.network.speaking.find((name) => name.startsWith('fe80::b'));
    stage.network.lose(() => true);
    stage.advance(1000);
    ours.hasNetwork(network([ethernet(8, 'eth9')], []));
    expect(stage.network.speaking.find((name) => name.startsWith('fe80::b'))).not.toBe(port);
  });

  test('more peers than the limit are not watched, and that is told', () => {
    const stage = new BfdStage();
    const ours = stage.node(node);
    const addresses = Array.from({ length: 1003 }, (_, at) => `10.0.${at >> 8}.${at & 255}`);
    ours.want(...addresses.map((address) => wantedBfd(address)));
    expect(ours.bfd.observed).toHaveLength(1000);
    expect(ours.bfd.problems).toEqual(['BFD watches 1000 peers at most: 3 of them are not watched']);
  });
});

/** Comes to this node, on the port of single hops. */
function stranger(stage: BfdStage, octets: Uint8Array, from = router): void {
  stage.network.carry({ from: from as Ip, sourcePort: 50_000, to: node as Ip, port: 3784, hopLimit: 255, octets });
  stage.advance(0);
}

describe('what is not for a session', () => {
  test('is counted: nonsense, strangers, discriminators that nobody has', () => {
    const stage = new BfdStage();
    const ours = stage.node(node).want(wantedBfd(router));
    stranger(stage, Uint8Array.of(1, 2, 3));
    stranger(stage, encodeControlPacket(packet()), other);
    stranger(stage, encodeControlPacket(packet({ state: 'up', yourDiscriminator: 1 })));
    expect(ours.tally.counters).toEqual([
      { name: 'ingot_bfd_dropped_total', labels: { reason: 'malformed' }, total: 1 },
      { name: 'ingot_bfd_dropped_total', labels: { reason: 'noSession' }, total: 2 },
    ]);
    expect(ours.only).toMatchObject({ state: 'down', counters: { received: 0, dropped: 0 } });
  });

  test('or authenticated, which nobody asked for', () => {
    const stage = new BfdStage();
    const ours = stage.node(node).want(wantedBfd(router));
    stranger(stage, encodeControlPacket(packet({ authentication: Uint8Array.of(1, 4, 1, 65) })));
    expect(ours.only).toMatchObject({ state: 'down', counters: { received: 0, dropped: 1 } });
  });
});
