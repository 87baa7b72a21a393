import { beforeEach, describe, expect, test } from 'vitest';
import { l2Advertisements } from '#shared/api/l2-advertisement.ts';
import { nodes, services } from '#shared/kube/resources.ts';
import type { ClusterNode, OwnCondition } from '#speaker/segment/event.ts';
import { refusal } from '#test/simulation/apiserver/answer.ts';
import { advertisementObject, namespace, nodeObject, serviceObject } from './manifests.ts';
import { address, eligibleFor, Stage, stop, type RunningSpeaker } from './stage.ts';
import { ip, nodeId, observedAddress } from './views.ts';

let stage: Stage;

beforeEach(() => {
  stage = new Stage();
});

const conditionOf = ({ wire }: RunningSpeaker): OwnCondition | undefined => wire.channel.surroundings.at(-1)?.condition;

describe('who may own an address', () => {
  test('is decided alike on all nodes', () => {
    const speakers = ['n1', 'n2', 'n3'].map((name) => stage.start(name));
    stage.clock.advance(2_000);
    const [first, ...others] = speakers.map(({ wire }) => wire.wanted);
    expect(first).toMatchObject([{ ip: address, candidates: { size: 3 }, answer: true, release: false }]);
    for (const other of others) expect(other).toEqual(first);
  });

  test('stays as it is while the apiserver is away, and after it is back', () => {
    const running = stage.start('n1');
    stage.clock.advance(2_000);
    const comeBack = stage.cluster.apiserver.outage();
    stage.clock.advance(600_000);
    expect(eligibleFor(running)).toEqual([address]);
    comeBack();
    stage.clock.advance(60_000);
    expect(running.wire.channel.desired).toHaveLength(1);
    expect(running.wire.channel.surroundings).toHaveLength(1);
  });

  test('is not decided before everything was listed', () => {
    const comeBack = stage.cluster.apiserver.outage();
    const running = stage.start('n1');
    stage.clock.advance(60_000);
    expect(running.wire.channel.posted).toEqual([]);
    expect(running.speaker.notReady()).toContain('Service: not listed yet');
    comeBack();
    stage.clock.advance(60_000);
    expect(eligibleFor(running)).toEqual([address]);
    expect(running.speaker.notReady()).toEqual([]);
  });

  test('leaves out an address of the machine, which is known before anything is decided', () => {
    const running = stage.start('n1');
    running.wire.fields = { hostAddresses: [ip(address)] };
    stage.clock.advance(2_000);
    expect(running.wire.channel.desired).toMatchObject([{ addresses: [] }]);
    running.wire.fields = {};
    running.wire.report();
    stage.clock.advance(2_000);
    expect(eligibleFor(running)).toEqual([address]);
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
    expect(running.wire.wanted).toEqual([]);
  });

  test('stays for 60 s when the own Node object vanishes', () => {
    const running = stage.start('n1');
    stage.clock.advance(2_000);
    stage.cluster.remove(nodes, undefined, 'n1');
    stage.clock.advance(59_000);
    expect(eligibleFor(running)).toEqual([address]);
    stage.clock.advance(2_000);
    expect(eligibleFor(running)).toEqual([]);
  });
});

describe('the wire thread is told', () => {
  test('of nodes, keys, pools and interfaces before it is told of addresses', () => {
    stage.cluster.put(l2Advertisements, advertisementObject({ interfaces: ['eth0'] }));
    const running = stage.start('n1');
    stage.clock.advance(2_000);
    const { posted } = running.wire.channel;
    expect(posted.map(({ kind }) => kind)).toEqual(['surroundings', 'desired']);
    expect(posted[0]).toMatchObject({
      sequence: 1,
      nodes: ['n1', 'n2', 'n3'].map((name): Partial<ClusterNode> => ({
        id: nodeId(name),
        name,
        addresses: [ip(`192.0.2.1${name.slice(1)}`)],
        speaker: true,
      })),
      condition: { flags: { draining: false, noClaim: false, leaving: false, stale: false }, cannotForward: false },
      keys: { current: { id: expect.any(Number) } },
      ranges: [{ family: 'IPv4' }],
      namedInterfaces: ['eth0'],
      excludedInterfaces: ['^lo$'],
    });
  });

  test('of a change of keys and of interfaces', () => {
    const running = stage.start('n1');
    stage.clock.advance(2_000);
    running.speaker.useSegmentKeys(undefined);
    running.speaker.excludeInterfaces([]);
    stage.clock.advance(2_000);
    expect(running.wire.channel.surroundings.slice(1)).toMatchObject([{ keys: undefined, excludedInterfaces: [] }]);
  });

  test('when kube-proxy is away: first to take nothing new, then that nothing is forwarded', () => {
    const running = stage.start('n1');
    stage.clock.advance(4_000);
    running.kubeProxy = 'silent';
    stage.clock.advance(10_000);
    expect(conditionOf(running)).toMatchObject({ flags: { noClaim: true }, cannotForward: false });
    stage.clock.advance(30_000);
    expect(conditionOf(running)).toMatchObject({ flags: { noClaim: true }, cannotForward: true });
    running.kubeProxy = 'healthy';
    stage.clock.advance(5_000);
    expect(conditionOf(running)).toMatchObject({ flags: { noClaim: false }, cannotForward: false });
  });

  test('that its node drains, when kube-proxy says so and that counts', () => {
    const plain = stage.start('n1');
    const asked = stage.start('n2', { drainSignals: ['proxy-ineligible'] });
    for (const running of [plain, asked]) running.kubeProxy = 'ineligible';
    stage.clock.advance(5_000);
    expect([plain, asked].map((running) => conditionOf(running)?.flags.draining)).toEqual([false, true]);
  });

  test('that its node drains, which makes it no candidate', () => {
    const running = stage.start('n1');
    stage.clock.advance(2_000);
    const taints = [{ key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule' }];
    stage.cluster.put(nodes, { ...nodeObject('n1'), spec: { taints } });
    stage.clock.advance(2_000);
    expect(conditionOf(running)?.flags.draining).toBe(true);
    expect(running.wire.wanted.map(({ candidates }) => candidates.size)).toEqual([2]);
  });

  test('that its node has no network', () => {
    const running = stage.start('n1');
    stage.clock.advance(2_000);
    const conditions = [{ type: 'NetworkUnavailable', status: 'True' }];
    stage.cluster.put(nodes, { ...nodeObject('n1'), status: { conditions } });
    stage.clock.advance(2_000);
    expect(conditionOf(running)?.cannotForward).toBe(true);
  });
});

test('Nodes and speaker Pods are watched from the first L2Advertisement on; without any, no node has left', () => {
  const watched = (kind: string): number =>
    stage.cluster.apiserver.watches.watched.filter((one) => one === kind).length;
  stage.cluster.remove(l2Advertisements, namespace, 'lan');
  const running = stage.start('n1');
  stage.clock.advance(2_000);
  expect([watched('Node'), watched('Pod')]).toEqual([1, 0]);
  stage.cluster.put(l2Advertisements, advertisementObject());
  stage.clock.advance(2_000);
  expect([watched('Node'), watched('Pod')]).toEqual([2, 1]);
  expect(eligibleFor(running)).toEqual([address]);
  stage.cluster.remove(l2Advertisements, namespace, 'lan');
  stage.clock.advance(2_000);
  expect([watched('Node'), watched('Pod')]).toEqual([2, 1]);
  expect(eligibleFor(running)).toEqual([]);
  expect(running.wire.channel.surroundings.at(-1)?.nodes.map(({ name }) => name)).toEqual(['n1', 'n2', 'n3']);
});

describe('asked to end', () => {
  const drained = { ...nodeObject('n1'), spec: { taints: [{ key: 'node.kubernetes.io/out-of-service' }] } };

  test('it goes on for 5 s, then ends for a restart, and asks nothing any more', () => {
    const running = stage.start('n1');
    stage.clock.advance(5_000);
    const ended = stop(running);
    stage.clock.advance(4_999);
    expect(ended.mode).toBeUndefined();
    expect(conditionOf(running)).toMatchObject({ flags: { leaving: true, draining: false }, ending: false });
    stage.clock.advance(4_000);
    expect(ended.mode).toBe('restart');
    expect(stage.cluster.apiserver.watches.watched).toEqual([]);
    expect(eligibleFor(running)).toEqual([address]);
  });

  test('on no LAN it does not wait for anybody to take over', () => {
    const running = stage.start('n1');
    running.wire.fields = { segments: [] };
    stage.clock.advance(5_000);
    const ended = stop(running);
    stage.clock.advance(3_500);
    expect(ended.mode).toBe('restart');
  });

  test('it ends as soon as a newer process has taken over', () => {
    const running = stage.start('n1');
    stage.clock.advance(5_000);
    const ended = stop(running);
    running.wire.report({ retired: true });
    stage.clock.advance(3_500);
    expect(ended.mode).toBe('restart');
  });

  test('on a node that drains it ends when it owns nothing any more', () => {
    const running = stage.start('n1');
    stage.clock.advance(5_000);
    stage.cluster.put(nodes, drained);
    stage.clock.advance(1_000);
    stage.owner = 'n1';
    running.wire.fields = { addresses: [] };
    const ended = stop(running);
    stage.clock.advance(1_000);
    expect(conditionOf(running)).toMatchObject({ flags: { leaving: true, draining: true }, ending: true });
    expect(ended.mode).toBeUndefined();
    running.wire.report();
    stage.clock.advance(3_500);
    expect(ended.mode).toBe('drain');
  });

  test('on a node that begins to drain meanwhile it hands off, within 20 s of being asked', () => {
    const running = stage.start('n1');
    stage.clock.advance(5_000);
    running.wire.fields = { addresses: [observedAddress(address, ['eth0'])] };
    const ended = stop(running);
    stage.clock.advance(2_000);
    stage.cluster.put(nodes, drained);
    stage.clock.advance(17_999);
    expect(conditionOf(running)).toMatchObject({ ending: true });
    expect(ended.mode).toBeUndefined();
    stage.clock.advance(4_000);
    expect(ended.mode).toBe('drain');
  });

  test('with little time it does not wait until it is killed', () => {
    const running = stage.start('n1', { graceSeconds: 8 });
    stage.clock.advance(5_000);
    const ended = stop(running);
    stage.clock.advance(2_900);
    expect(ended.mode).toBeUndefined();
    stage.clock.advance(4_000);
    expect(ended.mode).toBe('restart');
  });

  test('on a node that drains it ends after 20 s whatever it owns', () => {
    const running = stage.start('n1');
    stage.clock.advance(5_000);
    stage.cluster.put(nodes, drained);
    stage.clock.advance(1_000);
    running.wire.fields = { addresses: [observedAddress(address, ['eth0'])] };
    running.wire.report();
    const ended = stop(running);
    stage.clock.advance(10_000);
    running.wire.report();
    stage.clock.advance(9_999);
    expect(ended.mode).toBeUndefined();
    stage.clock.advance(4_000);
    expect(ended.mode).toBe('drain');
  });
});

describe('retired', () => {
  test('it says so once, is not ready, and writes nothing any more', () => {
    const running = stage.start('n1');
    stage.clock.advance(10_000);
    running.wire.report({ retired: true, addresses: [] });
    stage.clock.advance(5_000);
    expect(running.retired).toBe(true);
    expect(running.speaker.notReady()).toEqual(['a newer speaker of this node has taken over']);
    const [writes, files] = [stage.cluster.writes.length, running.written.length];
    stage.cluster.remove(services, 'web', 'shop');
    running.wire.report({ retired: true, addresses: [] });
    stage.clock.advance(60_000);
    expect([stage.cluster.writes.length, running.written.length]).toEqual([writes, files]);
    expect(stage.cluster.apiserver.watches.watched).toEqual([]);
  });

  test('what it could not write before is left to the newer process', () => {
    const error = refusal(429, 'later', { retryAfterMs: 1_000 });
    const end = stage.cluster.apiserver.troubles.begin({
      what: 'nothing can be created',
      fate: ({ verb }) => (verb === 'create' ? { kind: 'refused', error } : undefined),
    });
    const running = stage.start('n1');
    stage.clock.advance(5_000);
    running.wire.report({ retired: true });
    end();
    stage.clock.advance(60_000);
    expect(stage.cluster.writes).toEqual([]);
  });

  test('it ends at once when it is asked to', () => {
    const running = stage.start('n1');
    stage.clock.advance(10_000);
    running.wire.report({ retired: true });
    stage.clock.advance(5_000);
    expect(stop(running).mode).toBe('restart');
  });

  test('it ends as soon as it has written what it was writing', () => {
    const running = stage.start('n1');
    stage.clock.advance(60);
    running.wire.report({ retired: true });
    const ended = stop(running);
    stage.clock.advance(4_000);
    expect(ended.mode).toBe('restart');
  });
});
