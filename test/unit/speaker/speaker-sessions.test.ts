// The BGP sessions of a whole speaker.
import { beforeEach, describe, expect, test } from 'vitest';
import { bfdProfiles } from '#shared/api/bfd-profile.ts';
import { bgpPeers } from '#shared/api/bgp-peer.ts';
import { secrets } from '#shared/kube/resources.ts';
import type { ToWire } from '#speaker/seam.ts';
import { PlayedRouter, routerIp } from './bgp/played-router.ts';
import { namespace } from './manifests.ts';
import { gracefulShutdown, network, peerObject, route, RoutingStage, table } from './routing-stage.ts';
import { stop, type RunningSpeaker } from './stage.ts';
import { ip, observedBfd } from './views.ts';

const octets = (text: string): Uint8Array => new TextEncoder().encode(text);

function routings({ wire }: RunningSpeaker): readonly ToWire[] {
  return wire.channel.posted.filter(({ kind }) => kind === 'routing');
}

let stage: RoutingStage;

beforeEach(() => {
  stage = new RoutingStage();
});

test('without a BGPPeer nothing of BGP runs', () => {
  stage.speaker();
  stage.clock.advance(60_000);
  expect(stage.locks.wantedOn('n1')).toBe(0);
  expect(stage.network.connections).toEqual([]);
  const watched = stage.cluster.apiserver.watches.watched;
  expect(watched).toContain('BGPPeer');
  for (const kind of ['BGPAdvertisement', 'BFDProfile', 'Community', 'Secret']) expect(watched).not.toContain(kind);
});

describe('a BGPPeer', () => {
  test('that appears gets a session, the routes and their end', () => {
    const router = new PlayedRouter(stage.network);
    stage.speaker();
    stage.clock.advance(2_000);
    stage.cluster.put(bgpPeers, peerObject());
    stage.clock.advance(2_000);
    expect(router.heard.slice(0, 2)).toEqual(['OPEN', 'KEEPALIVE']);
    expect(router.receiver.news()).toEqual([`+${route}`, 'end IPv4']);
  });

  test('that goes is told so, and has time to use other routes', () => {
    const { router } = stage.session();
    router.receiver.news();
    stage.cluster.remove(bgpPeers, namespace, 'router');
    stage.clock.advance(4_000);
    expect(router.receiver.table[route]).toContain(gracefulShutdown);
    stage.clock.advance(4_000);
    expect(router.heard.at(-1)).toBe('Cease/Peer De-configured');
    expect(table(router)).toEqual([]);
  });

  test('has its Secret watched, and only while it names one', () => {
    const password = octets('hunter2');
    const router = new PlayedRouter(stage.network, { password });
    const running = stage.speaker();
    stage.cluster.put(bgpPeers, peerObject({ passwordSecret: { name: 'router' } }));
    stage.clock.advance(20_000);
    expect(router.connections).toBe(0);
    const data = { password: Buffer.from(password).toString('base64') };
    const metadata = { name: 'router', namespace };
    stage.cluster.put(secrets, { metadata, type: 'kubernetes.io/basic-auth', data });
    stage.clock.advance(2_000);
    expect(table(router)).toEqual([route]);
    stage.clock.advance(10_000);
    for (const text of running.written) expect(text).not.toContain('hunter2');
    expect(running.written.at(-1)).not.toContain(data.password);
    stage.cluster.put(bgpPeers, peerObject());
    stage.clock.advance(2_000);
    expect(stage.cluster.apiserver.watches.watched).not.toContain('Secret');
  });

  test('without the right to read Secrets waits alone', () => {
    stage.refuse('Secret');
    const [router, other] = [new PlayedRouter(stage.network), new PlayedRouter(stage.network, {}, ip('192.0.2.2'))];
    const signed = peerObject({ passwordSecret: { name: 'router' } });
    stage.cluster.put(bgpPeers, signed);
    const plain = peerObject({ peerAddress: '192.0.2.2' });
    stage.cluster.put(bgpPeers, { ...plain, metadata: { ...plain.metadata, name: 'other' } });
    const running = stage.speaker();
    stage.clock.advance(5_000);
    expect([router.connections, other.connections, table(other)]).toEqual([0, 1, [route]]);
    expect(running.speaker.notReady()).toEqual([expect.stringContaining('Secret')]);
  });

  test('that goes leaves nothing watched', () => {
    stage.session();
    const watched = (): readonly string[] => stage.cluster.apiserver.watches.watched;
    for (const kind of ['BGPAdvertisement', 'BFDProfile', 'Community']) expect(watched()).toContain(kind);
    stage.cluster.remove(bgpPeers, namespace, 'router');
    stage.clock.advance(1_000);
    for (const kind of ['BGPAdvertisement', 'BFDProfile', 'Community']) expect(watched()).not.toContain(kind);
  });

  test('keeps its session when its password changes', () => {
    stage.cluster.put(secrets, {
      metadata: { name: 'router', namespace },
      type: 'kubernetes.io/basic-auth',
      data: { password: Buffer.from('one').toString('base64') },
    });
    const router = new PlayedRouter(stage.network, { password: octets('one') });
    stage.cluster.put(bgpPeers, peerObject({ passwordSecret: { name: 'router' } }));
    stage.speaker();
    stage.clock.advance(2_000);
    stage.cluster.edit(secrets, namespace, 'router', (secret) => ({
      ...secret,
      data: { password: Buffer.from('two').toString('base64') },
    }));
    stage.clock.advance(20_000);
    expect(stage.network.connections.map(([dialled]) => dialled.password)).toEqual([octets('two')]);
    expect(router.heard).not.toContain('NOTIFICATION');
    expect(table(router)).toEqual([route]);
  });
});

describe('BFD', () => {
  const bfd = [observedBfd({ state: 'up' })];

  beforeEach(() => {
    stage.cluster.put(bfdProfiles, { metadata: { name: 'fast', namespace }, spec: { transmitInterval: 100 } });
  });

  test('is asked for with the session, and not any more when the speaker has left', () => {
    const { running } = stage.session({ bfdProfile: 'fast' }, true);
    expect(routings(running)).toMatchObject([
      { unnumbered: [], bfd: [{ remote: routerIp, multihop: false, transmitIntervalMs: 100 }] },
    ]);
    stop(running);
    expect(routings(running).at(-1)).toMatchObject({ bfd: [] });
  });

  test('is not asked for before there was a session, and still when there is none any more', () => {
    const running = stage.speaker();
    stage.cluster.put(bgpPeers, peerObject({ bfdProfile: 'fast' }));
    stage.clock.advance(5_000);
    expect(routings(running)).toEqual([]);
    const router = new PlayedRouter(stage.network);
    stage.clock.advance(20_000);
    expect(routings(running)).toHaveLength(1);
    router.speaks = false;
    stage.clock.advance(10_000);
    expect(router.heard).toContain('Hold Timer Expired');
    expect(routings(running)).toHaveLength(1);
  });

  test('that is lost ends the session at once', () => {
    const { running, router } = stage.session({ bfdProfile: 'fast' });
    running.wire.fields = { network, bfd };
    running.wire.report();
    stage.clock.advance(1_000);
    running.wire.fields = { network, bfd: [observedBfd({ failures: 1 })] };
    running.wire.report();
    stage.clock.advance(10);
    expect(router.heard.at(-1)).toBe('Cease/BFD Down');
  });

  test('that the peer has taken down does not', () => {
    const { running, router } = stage.session({ bfdProfile: 'fast' });
    running.wire.report({ bfd });
    running.wire.report({ bfd: [observedBfd({ peerAdminDown: true })] });
    stage.clock.advance(60_000);
    expect(router.connections).toBe(1);
    expect(table(router)).toEqual([route]);
  });

  test('that has never been up does not', () => {
    const { running, router } = stage.session({ bfdProfile: 'fast' });
    running.wire.report({ bfd: [observedBfd()] });
    stage.clock.advance(60_000);
    expect(router.connections).toBe(1);
  });
});

test('an unnumbered peer is dialled where its router is heard', () => {
  const linkLocal = ip('fe80::1');
  const router = new PlayedRouter(stage.network, {}, linkLocal);
  const running = stage.speaker();
  stage.cluster.put(bgpPeers, peerObject({ peerAddress: '', interface: 'eth1' }));
  stage.clock.advance(2_000);
  expect(running.wire.channel.posted.at(-1)).toMatchObject({ kind: 'routing', bfd: [], unnumbered: ['eth1'] });
  expect(router.connections).toBe(0);
  running.wire.fields = { network, routers: [{ interface: 'eth1', ip: linkLocal, others: [] }] };
  running.wire.report();
  stage.clock.advance(2_000);
  expect(router.connections).toBe(1);
});

test('an address that a peer is to be dialled from is waited for', () => {
  const router = new PlayedRouter(stage.network);
  const running = stage.speaker();
  running.wire.fields = {};
  stage.cluster.put(bgpPeers, peerObject({ sourceAddress: '192.0.2.11' }));
  stage.clock.advance(5_000);
  expect(router.connections).toBe(0);
  running.wire.fields = { network };
  running.wire.report();
  stage.clock.advance(1_000);
  expect(router.connections).toBe(1);
});
