import { beforeEach, describe, expect, test } from 'vitest';
import { l2Advertisements } from '#shared/api/l2-advertisement.ts';
import { nodes, services } from '#shared/kube/resources.ts';
import { advertisementObject, namespace, nodeObject, serviceObject } from './manifests.ts';
import { address, ownedBy, Stage } from './stage.ts';
import { ip } from './views.ts';

let stage: Stage;

beforeEach(() => {
  stage = new Stage();
});

describe('what is answered', () => {
  test('is decided alike on all nodes', () => {
    const speakers = ['n1', 'n2', 'n3'].map((name) => stage.start(name));
    stage.clock.advance(2_000);
    expect(speakers.map(ownedBy)).toEqual([[address], [], []]);
    expect(speakers[0]?.wire.channel.desired).toMatchObject([{ generation: 1, excludedInterfaces: ['^lo$'] }]);
  });

  test('moves when the owner is not Ready any more', () => {
    const speakers = ['n1', 'n2', 'n3'].map((name) => stage.start(name));
    stage.clock.advance(2_000);
    stage.cluster.put(nodes, nodeObject('n1', false));
    stage.clock.advance(2_000);
    expect(speakers.map(ownedBy)).toEqual([[], [], [address]]);
  });

  test('stays as it is while the apiserver is away, and after it is back', () => {
    const running = stage.start('n1');
    stage.clock.advance(2_000);
    const comeBack = stage.cluster.apiserver.outage();
    stage.clock.advance(600_000);
    expect(ownedBy(running)).toEqual([address]);
    comeBack();
    stage.clock.advance(60_000);
    expect(running.wire.channel.desired).toHaveLength(1);
  });

  test('is not decided before everything was listed', () => {
    const comeBack = stage.cluster.apiserver.outage();
    const running = stage.start('n1');
    stage.clock.advance(60_000);
    expect(running.wire.channel.posted).toEqual([]);
    expect(running.speaker.notReady()).toContain('Service: not listed yet');
    comeBack();
    stage.clock.advance(60_000);
    expect(ownedBy(running)).toEqual([address]);
    expect(running.speaker.notReady()).toEqual([]);
  });

  test('is not decided before the machine is known, as an address may be its own', () => {
    const running = stage.start('n1');
    running.wire.fields = { hostAddresses: [ip(address)] };
    stage.clock.advance(2_000);
    expect(running.wire.channel.desired).toMatchObject([{ addresses: [] }]);
    running.wire.fields = {};
    running.wire.report();
    stage.clock.advance(2_000);
    expect(ownedBy(running)).toEqual([address]);
  });

  test('ends with the Service', () => {
    const running = stage.start('n1');
    stage.clock.advance(2_000);
    stage.cluster.remove(services, 'web', 'shop');
    stage.clock.advance(2_000);
    expect(running.wire.channel.desired.map(({ addresses }) => addresses.length)).toEqual([1, 0]);
  });

  test('leaves Services of another class alone', () => {
    stage.cluster.put(services, serviceObject('shop', [address], { loadBalancerClass: 'example.com/other' }));
    const running = stage.start('n1');
    stage.clock.advance(2_000);
    expect(ownedBy(running)).toEqual([]);
  });

  test('stays for 60 s when the own Node object vanishes', () => {
    const running = stage.start('n1');
    stage.clock.advance(2_000);
    stage.cluster.remove(nodes, undefined, 'n1');
    stage.clock.advance(59_000);
    expect(ownedBy(running)).toEqual([address]);
    stage.clock.advance(2_000);
    expect(ownedBy(running)).toEqual([]);
  });
});

test('Nodes and speaker Pods are watched only while an L2Advertisement exists', () => {
  const watched = (kind: string): number =>
    stage.cluster.apiserver.watches.watched.filter((one) => one === kind).length;
  stage.cluster.remove(l2Advertisements, namespace, 'lan');
  const running = stage.start('n1');
  stage.clock.advance(2_000);
  expect([watched('Node'), watched('Pod')]).toEqual([1, 0]);
  stage.cluster.put(l2Advertisements, advertisementObject());
  stage.clock.advance(2_000);
  expect([watched('Node'), watched('Pod')]).toEqual([2, 1]);
  expect(ownedBy(running)).toEqual([address]);
  stage.cluster.remove(l2Advertisements, namespace, 'lan');
  stage.clock.advance(2_000);
  expect([watched('Node'), watched('Pod')]).toEqual([1, 0]);
  expect(ownedBy(running)).toEqual([]);
});

test('a stopped speaker leaves the wire thread at work and asks nothing any more', () => {
  const running = stage.start('n1');
  stage.clock.advance(5_000);
  let stopped = false;
  running.speaker.stop(() => (stopped = true));
  stage.clock.advance(4_000);
  expect(stopped).toBe(true);
  expect(stage.cluster.apiserver.watches.watched).toEqual([]);
  expect(ownedBy(running)).toEqual([address]);
});
