// Who may write, and when: only the leader, only as long as it may be sure of its Lease, and only after it has read anew what there is.
import { beforeEach, expect, test } from 'vitest';
import type { KubeRequest } from '#shared/kube/kube-api.ts';
import { ipAddressPools } from '#shared/api/ip-address-pool.ts';
import { events, leases, services } from '#shared/kube/resources.ts';
import { VirtualClock } from '#test/simulation/time/virtual-clock.ts';
import type { Connection } from '#test/simulation/apiserver/connection.ts';
import { NodeTime } from '#test/simulation/node-time.ts';
import { Thread } from '#test/simulation/thread.ts';
import { Cluster, type AnyObject } from '../cluster.ts';
import { conditionIn, ownNamespace, poolObject, Replica, serviceObject, shownIn } from './replica.ts';

/** Longer than a Lease lasts, and the longest until the next asks for it. */
const takeoverMs = 25_000;
const old = { metadata: { creationTimestamp: '2025-01-01T00:00:00Z' } };

let clock: VirtualClock;
let cluster: Cluster;

beforeEach(() => {
  clock = new VirtualClock();
  cluster = new Cluster(clock, 'default', ownNamespace);
});

const pool = (addresses: readonly string[]) => cluster.put(ipAddressPools, poolObject('a', addresses));
const service = (name: string, parts?: AnyObject) => cluster.put(services, serviceObject(name, parts));
const leader = (): string => cluster.get(leases, ownNamespace, 'ingot-controller')?.['spec'].holderIdentity ?? '';
const isWrite = ({ verb }: KubeRequest): boolean => verb !== 'get' && verb !== 'list';
const isOf =
  (plural: string) =>
  ({ resource }: KubeRequest): boolean =>
    resource.plural === plural;

const isNamed = (request: KubeRequest, name: string): boolean => 'name' in request && request.name === name;

test('nothing is written before the Lease is held', () => {
  pool(['10.1.0.0/30']);
  service('web');
  const replica = new Replica(cluster, clock);
  replica.losing = (request) => (isOf('leases')(request) ? 'request' : undefined);
  const requests = replica.asked();
  replica.start();
  clock.advance(60_000);
  expect(replica.controller.notReady()).toEqual([]);
  expect(requests.filter(isWrite)).toEqual([]);
  replica.losing = () => undefined;
  clock.advance(10_000);
  expect(shownIn(cluster, 'web')).toEqual(['10.1.0.0']);
});

test('a follower writes nothing at all', () => {
  pool(['10.1.0.0/30']);
  cluster.put(ipAddressPools, poolObject('wrong', ['10.2.0.9-10.2.0.1']));
  new Replica(cluster, clock).start();
  clock.advance(5_000);
  const follower = new Replica(cluster, clock, { seed: 2 });
  const requests = follower.asked();
  follower.start();
  service('web');
  service('refused', { metadata: { annotations: { 'metallb.io/address-pool': 'nowhere' } } });
  clock.advance(60_000);
  expect(shownIn(cluster, 'web')).toEqual(['10.1.0.0']);
  expect(conditionIn(cluster, 'refused', 'ingot.dev/Allocated')).toBe('False/UnknownPool');
  expect(requests.filter(isWrite)).toEqual([]);
});

test('a follower leads at once when the leader stops, and writes only what is still to be written', () => {
  pool(['10.1.0.0/30']);
  const first = new Replica(cluster, clock).start();
  clock.advance(5_000);
  const second = new Replica(cluster, clock, { seed: 2 }).start();
  service('web');
  clock.advance(20_000);
  const before = leader();
  const requests = second.asked();
  first.controller.stop(() => {});
  service('late');
  clock.advance(5_000);
  expect(leader()).not.toBe(before);
  expect(shownIn(cluster, 'late')).toEqual(['10.1.0.1']);
  expect(requests.filter(isWrite).filter(isOf('services'))).toMatchObject([{ name: 'late' }]);
});

test('a process that slept through the end of its Lease sends nothing of what it was about to write', () => {
  pool(['10.1.0.0/30']);
  const time = new NodeTime(clock.scheduler, { originMs: 0, fastPpm: 0 });
  const thread = new Thread({ name: 'sleeper', scheduler: clock.scheduler, time, failed: rethrow });
  const sleeper = new Replica(cluster, clock, { thread }).start();
  clock.advance(5_000);
  expect(leader()).toMatch(/^controller-1_/);
  new Replica(cluster, clock, { seed: 2 }).start();
  clock.advance(2_000);
  service('younger');
  // It has learnt of the Service, and is about to write.
  clock.advance(20);
  const wake = thread.hold();
  service('older', old);
  clock.advance(takeoverMs);
  expect(shownIn(cluster, 'older')).toEqual(['10.1.0.0']);
  const requests = sleeper.asked();
  wake();
  clock.advance(60_000);
  expect(sleeper.log.lines.map(({ message }) => message)).toContain('this process leads no more');
  expect(requests.filter(isWrite).filter((request) => !isOf('leases')(request))).toEqual([]);
  expect([shownIn(cluster, 'older'), shownIn(cluster, 'younger')]).toEqual([['10.1.0.0'], ['10.1.0.1']]);
});

test('a new leader reads the Services anew before it writes: what its watch had missed is given to nobody else', () => {
  const first = new Replica(cluster, clock).start();
  clock.advance(5_000);
  const delays = { request: () => 1, answer: () => 1, watch: () => 500 };
  const second = new Replica(cluster, clock, { seed: 2, delays });
  const silence = silenceable(second.connection);
  second.start();
  service('waiting');
  clock.advance(3_000);
  silence();
  // The first cannot write to the one that both know; the other one it serves.
  first.losing = (request) => (isNamed(request, 'waiting') ? 'request' : undefined);
  service('missed', old);
  pool(['10.1.0.0/31']);
  clock.advance(3_000);
  expect([shownIn(cluster, 'missed'), shownIn(cluster, 'waiting')]).toEqual([['10.1.0.0'], []]);
  first.kill();
  const requests = second.asked();
  clock.advance(takeoverMs);
  expect(shownIn(cluster, 'waiting')).toEqual(['10.1.0.1']);
  const given = requests.flatMap((request) => ('body' in request ? (ingressIn(request.body) ?? []) : []));
  expect(given).toEqual([{ ip: '10.1.0.1', ipMode: 'VIP' }]);
});

test('a write of the old leader that arrives late takes no address from an older Service', () => {
  pool(['10.1.0.0/30']);
  const first = new Replica(cluster, clock).start();
  clock.advance(5_000);
  const second = new Replica(cluster, clock, { seed: 2 }).start();
  const late: KubeRequest[] = [];
  first.losing = (request) => {
    if (request.resource.plural !== 'services') return undefined;
    late.push(structuredClone(request));
    return 'request';
  };
  service('younger');
  clock.advance(200);
  first.kill();
  service('older', old);
  // What the second sends for the younger one is lost: so the version that the late write was made for is still the newest.
  second.losing = (request) => (isNamed(request, 'younger') ? 'request' : undefined);
  clock.advance(takeoverMs);
  expect(shownIn(cluster, 'older')).toEqual(['10.1.0.0']);
  for (const request of late) cluster.apiserver.perform(request);
  expect(shownIn(cluster, 'younger')).toEqual(['10.1.0.0']);
  second.losing = () => undefined;
  let moved = 0;
  cluster.follow(() => (moved += Number(shownIn(cluster, 'older').join() !== '10.1.0.0')));
  clock.advance(60_000);
  expect([shownIn(cluster, 'older'), shownIn(cluster, 'younger')]).toEqual([['10.1.0.0'], ['10.1.0.1']]);
  expect(moved).toBe(0);
  expect(cluster.list(events).filter(({ reason }) => reason === 'DuplicateAddress')).toMatchObject([
    { type: 'Warning', regarding: { name: 'younger' } },
  ]);
});

test('Services that are found allocated get their condition, and no Event', () => {
  pool(['10.1.0.0/30']);
  const annotations = { 'metallb.io/ip-allocated-from-pool': 'a' };
  const status = { loadBalancer: { ingress: [{ ip: '10.1.0.2', ipMode: 'VIP' }] } };
  service('web', { metadata: { annotations }, status });
  new Replica(cluster, clock).start();
  clock.advance(20_000);
  expect(conditionIn(cluster, 'web', 'ingot.dev/Allocated')).toBe('True/Allocated');
  expect(shownIn(cluster, 'web')).toEqual(['10.1.0.2']);
  expect(cluster.list(events)).toEqual([]);
});

function rethrow(exception: unknown): never {
  throw exception;
}

function ingressIn({ status }: AnyObject): readonly object[] | undefined {
  return status?.loadBalancer?.ingress;
}

/** Makes the watches of Services that are open then fall silent. */
function silenceable(connection: Connection): () => void {
  const watch = connection.watch.bind(connection);
  let epoch = 0;
  connection.watch = (request, happened) => {
    const opened = epoch;
    return watch(request, (event) => {
      if (opened === epoch || request.resource.plural !== 'services') happened(event);
    });
  };
  return () => epoch++;
}
