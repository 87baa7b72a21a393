// The routes that a whole speaker announces.
import { beforeEach, describe, expect, test } from 'vitest';
import { bgpAdvertisements } from '#shared/api/bgp-advertisement.ts';
import { bgpPeers } from '#shared/api/bgp-peer.ts';
import { endpointSlices, nodes, services } from '#shared/kube/resources.ts';
import { decodeState } from '#speaker/state/saved-state.ts';
import { PlayedRouter } from './bgp/played-router.ts';
import { namespace, nodeObject, serviceObject, sliceObject } from './manifests.ts';
import { gracefulShutdown, peerObject, route, RoutingStage, table } from './routing-stage.ts';
import { address, stop } from './stage.ts';
import { sha256 } from './views.ts';

let stage: RoutingStage;

beforeEach(() => {
  stage = new RoutingStage();
});

/** Nodes with an endpoint of web/shop. */
function here(...names: readonly string[]): void {
  stage.cluster.put(endpointSlices, sliceObject('shop', names));
}

describe('a route', () => {
  test('goes with the last endpoint, and comes back', () => {
    const { router } = stage.session();
    router.receiver.news();
    stage.cluster.put(endpointSlices, sliceObject('shop', []));
    stage.clock.advance(1_000);
    expect(router.receiver.news()).toEqual([`-${route}`]);
    stage.cluster.put(endpointSlices, sliceObject('shop', ['n3']));
    stage.clock.advance(1_000);
    expect(router.receiver.news()).toEqual([`+${route}`]);
  });

  test('goes with the Service', () => {
    const { router } = stage.session();
    router.receiver.news();
    stage.cluster.remove(services, 'web', 'shop');
    stage.clock.advance(1_000);
    expect(router.receiver.news()).toEqual([`-${route}`]);
  });

  test('stays while the apiserver is away', () => {
    const { router } = stage.session();
    router.receiver.news();
    stage.cluster.apiserver.outage();
    stage.clock.advance(600_000);
    expect(router.receiver.news()).toEqual([]);
    expect(router.connections).toBe(1);
  });

  test('goes when the node has no network, at once', () => {
    const { router } = stage.session();
    stage.cluster.put(nodes, {
      ...nodeObject('n1'),
      status: { conditions: [{ type: 'NetworkUnavailable', status: 'True' }] },
    });
    stage.clock.advance(1_000);
    expect(table(router)).toEqual([]);
  });

  test('is left on a node that drains: others are preferred for 5 s, then it is gone; the session stays', () => {
    const { router } = stage.session();
    router.receiver.news();
    stage.cluster.put(nodes, { ...nodeObject('n1'), spec: { taints: [{ key: 'ToBeDeletedByClusterAutoscaler' }] } });
    stage.clock.advance(4_500);
    expect(router.receiver.table[route]).toContain(gracefulShutdown);
    stage.clock.advance(1_000);
    expect(table(router)).toEqual([]);
    stage.cluster.put(nodes, nodeObject('n1'));
    stage.clock.advance(1_000);
    expect(router.receiver.table[route]).not.toContain('communities');
    expect(router.connections).toBe(1);
  });

  test('of a kube-proxy that is away: nothing new first, nothing at all later', () => {
    const { running, router } = stage.session();
    running.kubeProxy = 'silent';
    stage.clock.advance(10_000);
    stage.cluster.put(services, serviceObject('other', ['192.0.2.201']));
    stage.cluster.put(endpointSlices, sliceObject('other', ['n2']));
    stage.clock.advance(1_000);
    expect(table(router)).toEqual([route]);
    stage.clock.advance(30_000);
    expect(table(router)).toEqual([]);
    running.kubeProxy = 'healthy';
    stage.clock.advance(4_000);
    expect(table(router)).toEqual([route, '192.0.2.201/32']);
  });
});

describe('a Service that keeps its traffic local', () => {
  const local = serviceObject('shop', [address], { externalTrafficPolicy: 'Local', healthCheckNodePort: 30_000 });
  beforeEach(() => {
    stage.cluster.put(services, local);
  });

  test('is announced where an endpoint is', () => {
    const { router } = stage.session();
    expect(router.receiver.news()).toEqual(['end IPv4']);
    here('n1', 'n2');
    stage.clock.advance(1_000);
    expect(router.receiver.news()).toEqual([`+${route}`]);
    here('n2');
    stage.clock.advance(1_000);
    expect(router.receiver.news()).toEqual([`-${route}`]);
  });

  test('waits for kube-proxy before it is announced, and goes by its endpoints after that', () => {
    const { running, router } = stage.session();
    running.serviceHealth = () => 'notReady';
    here('n1');
    stage.clock.advance(5_000);
    expect(table(router)).toEqual([]);
    running.serviceHealth = () => 'ready';
    stage.clock.advance(1_100);
    expect(table(router)).toEqual([route]);
    running.serviceHealth = () => 'notReady';
    stage.clock.advance(30_000);
    expect(table(router)).toEqual([route]);
  });

  test('is announced by a new process before the end is told, so that its peer drops nothing', () => {
    here('n1');
    const router = new PlayedRouter(stage.network);
    stage.cluster.put(bgpPeers, peerObject());
    const running = stage.speaker();
    running.serviceHealth = () => 'silent';
    stage.clock.advance(5_000);
    expect(router.receiver.news()).toEqual([]);
    running.serviceHealth = () => 'ready';
    stage.clock.advance(2_000);
    expect(router.receiver.news()).toEqual([`+${route}`, 'end IPv4']);
  });

  test('is not asked about where nobody is to be told of it', () => {
    here('n1');
    const asked: number[] = [];
    stage.cluster.edit(bgpAdvertisements, namespace, 'all', (object) => ({
      ...object,
      spec: { ipAddressPools: ['b'] },
    }));
    const router = new PlayedRouter(stage.network);
    stage.cluster.put(bgpPeers, peerObject());
    stage.speaker().serviceHealth = (port) => {
      asked.push(port);
      return 'silent';
    };
    stage.clock.advance(2_000);
    expect([asked, router.receiver.news()]).toEqual([[], ['end IPv4']]);
  });

  test('does not wait where nobody ever answers', () => {
    here('n1');
    const router = new PlayedRouter(stage.network);
    stage.cluster.put(bgpPeers, peerObject());
    stage.speaker().serviceHealth = () => 'silent';
    stage.clock.advance(12_000);
    expect(router.receiver.news()).toEqual([`+${route}`, 'end IPv4']);
  });

  test('of which the endpoint comes and goes is announced when it has stayed for 5 s', () => {
    const { router } = stage.session();
    for (const names of [['n1'], ['n2'], ['n1']]) {
      here(...names);
      stage.clock.advance(2_000);
    }
    expect(table(router)).toEqual([]);
    stage.clock.advance(2_900);
    expect(table(router)).toEqual([]);
    stage.clock.advance(300);
    expect(table(router)).toEqual([route]);
  });
});

describe('before everything is known', () => {
  test('there are sessions and no routes; what is known after 30 s is told, without an end', () => {
    const end = stage.refuse('Community');
    const { router } = stage.session();
    expect(router.heard).toContain('OPEN');
    stage.clock.advance(27_500);
    expect(router.receiver.news()).toEqual([]);
    stage.clock.advance(1_000);
    expect(router.receiver.news()).toEqual([`+${route}`]);
    end();
    stage.clock.advance(60_000);
    expect(router.receiver.news()).toEqual(['end IPv4']);
  });

  test('endpoints that are not known are not none', () => {
    const end = stage.refuse('EndpointSlice');
    const { router } = stage.session();
    stage.clock.advance(40_000);
    expect(router.receiver.news()).toEqual([]);
    end();
    stage.clock.advance(60_000);
    expect(router.receiver.news()).toEqual([`+${route}`, 'end IPv4']);
  });

  test('what an earlier process wrote down is enough: the apiserver is not waited for', () => {
    const { running, router } = stage.session({}, true);
    stage.clock.advance(10_000);
    stop(running);
    stage.clock.advance(10_000);
    const decoded = decodeState(running.written.at(-1) ?? '', { node: 'n1', wallMs: stage.clock.wallMs() }, sha256);
    if ('problem' in decoded) throw new Error(decoded.problem);
    stage.cluster.apiserver.outage();
    stage.speaker({ earlier: { ...decoded.state, incarnation: 2 } });
    stage.clock.advance(2_000);
    expect(router.connections).toBe(2);
    expect(router.receiver.news()).toEqual([`+${route}`, 'end IPv4']);
  });
});
