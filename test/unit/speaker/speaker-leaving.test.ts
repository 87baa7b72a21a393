// How the BGP sessions of a whole speaker end, and who runs them when two processes of a node do.
import { beforeEach, describe, expect, test } from 'vitest';
import { bgpPeers } from '#shared/api/bgp-peer.ts';
import { nodes } from '#shared/kube/resources.ts';
import { PlayedRouter } from './bgp/played-router.ts';
import { nodeObject } from './manifests.ts';
import { gracefulShutdown, peerObject, route, RoutingStage, table } from './routing-stage.ts';
import { stop } from './stage.ts';

let stage: RoutingStage;

beforeEach(() => {
  stage = new RoutingStage();
});

describe('asked to end', () => {
  test('a peer that cannot keep routes is asked to use others, then told that they are gone', () => {
    const { running, router } = stage.session();
    const ended = stop(running);
    stage.clock.advance(4_500);
    expect(router.receiver.table[route]).toContain(gracefulShutdown);
    expect(ended.mode).toBeUndefined();
    stage.clock.advance(1_000);
    expect(table(router)).toEqual([]);
    stage.clock.advance(4_000);
    expect(router.heard.at(-1)).toMatch(/^Cease\/Administrative Shutdown/);
    expect(ended.mode).toBe('restart');
    expect(stage.locks.wantedOn('n1')).toBe(0);
  });

  test('a peer that can keep routes is left with them, without a word, and the lock is free at once', () => {
    const { running, router } = stage.session({}, true);
    const ended = stop(running);
    stage.clock.advance(100);
    expect(router.heard).not.toContainEqual(expect.stringContaining('Cease'));
    expect(router.closed).toEqual(['the peer has closed the connection']);
    expect(table(router)).toEqual([route]);
    expect(stage.locks.wantedOn('n1')).toBe(0);
    stage.clock.advance(10_000);
    expect(ended.mode).toBe('restart');
  });

  test('on a node that is cordoned it leaves nothing behind', () => {
    const { running, router } = stage.session({}, true);
    stage.cluster.put(nodes, { ...nodeObject('n1'), spec: { unschedulable: true } });
    stage.clock.advance(1_000);
    expect(router.receiver.table[route]).not.toContain('communities');
    stop(running);
    stage.clock.advance(10_000);
    expect(router.heard.at(-1)).toMatch(/^Cease\/Administrative Shutdown/);
  });

  test('with little time it takes 2 s instead of 5', () => {
    const router = new PlayedRouter(stage.network);
    stage.cluster.put(bgpPeers, peerObject());
    const running = stage.speaker({ graceSeconds: 10 });
    stage.clock.advance(2_000);
    stop(running);
    stage.clock.advance(2_500);
    expect(table(router)).toEqual([]);
    stage.clock.advance(1_000);
    expect(router.heard.at(-1)).toMatch(/^Cease\/Administrative Shutdown/);
  });

  test('with no time for that it says its last words before it is killed', () => {
    const router = new PlayedRouter(stage.network);
    stage.cluster.put(bgpPeers, peerObject());
    const running = stage.speaker({ graceSeconds: 3 });
    stage.clock.advance(2_000);
    stop(running);
    stage.clock.advance(2_100);
    expect(router.heard.at(-1)).toMatch(/^Cease\/Administrative Shutdown/);
  });

  test('twice, it says its last words at once', () => {
    const { running, router } = stage.session();
    const ended = stop(running);
    stage.clock.advance(500);
    running.speaker.hurry();
    expect(ended.mode).toBe('restart');
    stage.clock.advance(10);
    expect(router.heard.at(-1)).toMatch(/^Cease\/Administrative Shutdown/);
  });
});

describe('two processes of a node', () => {
  test('the newer one is ready, and takes over when the older one leaves', () => {
    const { running, router } = stage.session({}, true);
    const newer = stage.speaker();
    stage.clock.advance(5_000);
    expect(newer.speaker.notReady()).toEqual([]);
    expect(router.connections).toBe(1);
    stop(running);
    stage.clock.advance(2_000);
    expect(router.connections).toBe(2);
    expect(router.receiver.news()).toEqual([`+${route}`, 'end IPv4']);
  });

  test('the older one leaves as soon as the newer one speaks on a LAN', () => {
    const { running, router } = stage.session({}, true);
    stage.speaker();
    stage.clock.advance(5_000);
    running.wire.report({ retired: true });
    stage.clock.advance(2_000);
    expect(router.connections).toBe(2);
    expect(table(router)).toEqual([route]);
    expect(stop(running).mode).toBe('restart');
  });
});
