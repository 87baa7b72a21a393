// The whole controller against a model of the apiserver.
import { beforeEach, expect, test } from 'vitest';
import { configurationStates } from '#shared/api/configuration-state.ts';
import { ipAddressPools } from '#shared/api/ip-address-pool.ts';
import { events, leases, services } from '#shared/kube/resources.ts';
import { VirtualClock } from '#test/simulation/time/virtual-clock.ts';
import { Cluster, type AnyObject } from '../cluster.ts';
import {
  conditionIn,
  ownNamespace,
  poolObject,
  Replica,
  serviceObject,
  shownIn,
  type ReplicaOptions,
} from './replica.ts';

let clock: VirtualClock;
let cluster: Cluster;

beforeEach(() => {
  clock = new VirtualClock();
  cluster = new Cluster(clock, 'default', ownNamespace);
});

function start(options?: ReplicaOptions): Replica {
  return new Replica(cluster, clock, options).start();
}

const pool = (addresses: readonly string[], spec?: AnyObject) =>
  cluster.put(ipAddressPools, poolObject('a', addresses, spec));
const service = (name: string, parts?: AnyObject) => cluster.put(services, serviceObject(name, parts));
const annotate = (name: string, annotations: AnyObject) =>
  cluster.edit(services, 'default', name, (object) => ({
    ...object,
    metadata: { ...object['metadata'], annotations },
  }));
const told = () =>
  cluster
    .list(events)
    .map(({ type, reason, action, note, regarding }) => `${type} ${reason} ${action} ${regarding.name}: ${note}`);
const serviceWrites = () =>
  cluster.writes.flatMap((request) =>
    request.resource.plural === 'services' && request.verb === 'patch' ? [request.body as AnyObject] : [],
  );
const namesWritten = () =>
  cluster.writes.flatMap((request) =>
    request.resource.plural === 'services' && request.verb === 'patch' ? [request.name] : [],
  );

test('a Service gets its address in one patch', () => {
  pool(['10.1.0.0/30']);
  const { metadata } = service('web');
  start();
  clock.advance(3_000);
  expect(serviceWrites()).toEqual([
    {
      metadata: {
        resourceVersion: metadata.resourceVersion,
        annotations: { 'metallb.io/ip-allocated-from-pool': 'a' },
      },
      status: {
        loadBalancer: { ingress: [{ ip: '10.1.0.0', ipMode: 'VIP' }] },
        conditions: [
          {
            type: 'ingot.dev/Allocated',
            status: 'True',
            reason: 'Allocated',
            message: 'from pool a',
            lastTransitionTime: expect.stringMatching(/^2026-01-01T00:00:0\dZ$/),
          },
        ],
      },
    },
  ]);
  expect(told()).toEqual(['Normal IPAllocated Allocate web: Assigned IP ["10.1.0.0"]']);
});

test('a change that is taken back while the watch has not shown it yet is taken back on the Service too', () => {
  pool(['10.1.0.0/30']);
  service('web');
  start();
  clock.advance(3_000);
  expect(shownIn(cluster, 'web')).toEqual(['10.1.0.0']);
  cluster.apiserver.remove(ipAddressPools, ownNamespace, 'a');
  clock.advance(20);
  const end = cluster.apiserver.troubles.delayWatches({ lagMs: 3_000 });
  clock.advance(180);
  expect(shownIn(cluster, 'web')).toEqual([]);
  end();
  pool(['10.1.0.0/30']);
  clock.advance(10_000);
  expect(shownIn(cluster, 'web')).toEqual(['10.1.0.0']);
});

test('what others wrote on a Service stays as it was', () => {
  pool(['10.1.0.0/30']);
  const foreign = {
    type: 'example.com/Ready',
    status: 'True',
    reason: 'Fine',
    message: '',
    lastTransitionTime: '2025-01-01T00:00:00Z',
  };
  const hostname = { hostname: 'web.example', ports: [{ port: 80, protocol: 'TCP' }] };
  const annotations = { 'example.com/owner': 'dns', 'metallb.universe.tf/ip-allocated-from-pool': 'old' };
  service('web', {
    metadata: { annotations },
    status: { conditions: [foreign], loadBalancer: { ingress: [hostname] } },
  });
  start();
  clock.advance(3_000);
  const { metadata, status } = cluster.get(services, 'default', 'web') ?? {};
  expect(status.loadBalancer.ingress).toEqual([{ ip: '10.1.0.0', ipMode: 'VIP' }, hostname]);
  expect(status.conditions).toContainEqual(foreign);
  expect(metadata.annotations).toEqual({ 'example.com/owner': 'dns', 'metallb.io/ip-allocated-from-pool': 'a' });
  cluster.remove(ipAddressPools, ownNamespace, 'a');
  clock.advance(3_000);
  const released = cluster.get(services, 'default', 'web') ?? {};
  expect(released['status'].loadBalancer.ingress).toEqual([hostname]);
  expect(released['metadata'].annotations).toEqual({ 'example.com/owner': 'dns' });
});

test('an exhausted pool is said in condition and Event, and served when an address is free', () => {
  pool(['10.1.0.0/32']);
  service('first', { metadata: { creationTimestamp: '2025-01-01T00:00:00Z' } });
  service('second');
  start();
  clock.advance(3_000);
  expect(conditionIn(cluster, 'second', 'ingot.dev/Allocated')).toBe('False/PoolExhausted');
  expect(told()).toContain(
    'Warning AllocationFailed Allocate second: Failed to allocate IP for "default/second": no available IPs: pool a free 0 of 1 IPv4',
  );
  cluster.remove(services, 'default', 'first');
  clock.advance(3_000);
  expect(shownIn(cluster, 'second')).toEqual(['10.1.0.0']);
  expect(conditionIn(cluster, 'second', 'ingot.dev/Allocated')).toBe('True/Allocated');
});

test('nothing is written twice, and a restart writes nothing', () => {
  pool(['10.1.0.0/30']);
  service('web');
  const first = start();
  clock.advance(20_000);
  const written = cluster.writes.filter(({ resource }) => resource.plural !== 'leases').length;
  first.kill();
  start({ seed: 2 });
  clock.advance(60_000);
  expect(cluster.writes.filter(({ resource }) => resource.plural !== 'leases')).toHaveLength(written);
});

test('two that swap addresses both get theirs, and no address is with two in between', () => {
  pool(['10.1.0.0/30']);
  service('x', { metadata: { annotations: { 'metallb.io/loadBalancerIPs': '10.1.0.1' } } });
  service('y', { metadata: { annotations: { 'metallb.io/loadBalancerIPs': '10.1.0.2' } } });
  const replica = start();
  clock.advance(3_000);
  let together = 0;
  cluster.follow(() => {
    together += Number(
      new Set(['x', 'y'].flatMap((name) => shownIn(cluster, name))).size <
        ['x', 'y'].flatMap((name) => shownIn(cluster, name)).length,
    );
  });
  annotate('x', { 'metallb.io/loadBalancerIPs': '10.1.0.2' });
  annotate('y', { 'metallb.io/loadBalancerIPs': '10.1.0.1' });
  clock.advance(5_000);
  expect([shownIn(cluster, 'x'), shownIn(cluster, 'y')]).toEqual([['10.1.0.2'], ['10.1.0.1']]);
  expect(together).toBe(0);
  expect(replica.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
});

test('a release is stored before its address goes to another', () => {
  pool(['10.1.0.0/32']);
  service('holder', { metadata: { creationTimestamp: '2025-01-01T00:00:00Z' } });
  const replica = start();
  clock.advance(3_000);
  service('waiting');
  clock.advance(3_000);
  // The release is stored, but nobody learns of it for a while.
  replica.losing = (request) =>
    request.verb === 'patch' && request.resource.plural === 'services' ? 'request' : undefined;
  annotate('holder', { 'metallb.io/address-pool': 'nowhere' });
  clock.advance(4_000);
  expect([shownIn(cluster, 'holder'), shownIn(cluster, 'waiting')]).toEqual([['10.1.0.0'], []]);
  replica.losing = () => undefined;
  clock.advance(30_000);
  expect([shownIn(cluster, 'holder'), shownIn(cluster, 'waiting')]).toEqual([[], ['10.1.0.0']]);
  const lastTwo = namesWritten().slice(-2);
  expect(lastTwo).toEqual(['holder', 'waiting']);
});

test('an address on its way to one Service is not given to an older one that appears meanwhile', () => {
  pool(['10.1.0.0/31']);
  start({ delays: { request: () => 200, answer: () => 1, watch: () => 500 } });
  clock.advance(3_000);
  service('young');
  clock.advance(600);
  service('old', { metadata: { creationTimestamp: '2025-01-01T00:00:00Z' } });
  clock.advance(5_000);
  expect([shownIn(cluster, 'young'), shownIn(cluster, 'old')]).toEqual([['10.1.0.0'], ['10.1.0.1']]);
  expect(namesWritten()).toEqual(['young', 'old']);
});

test('a write that was done without an answer is found out, and its address goes to nobody else', () => {
  pool(['10.1.0.0/31']);
  service('first', { metadata: { creationTimestamp: '2025-01-01T00:00:00Z' } });
  const replica = start();
  replica.losing = (request) =>
    request.resource.plural === 'services' && request.verb === 'patch' ? 'answer' : undefined;
  clock.advance(3_000);
  service('second');
  clock.advance(3_000);
  expect([shownIn(cluster, 'first'), shownIn(cluster, 'second')]).toEqual([['10.1.0.0'], ['10.1.0.1']]);
  replica.losing = () => undefined;
  clock.advance(30_000);
  expect([shownIn(cluster, 'first'), shownIn(cluster, 'second')]).toEqual([['10.1.0.0'], ['10.1.0.1']]);
});

test('a write that was lost is sent again, and its address goes to nobody else meanwhile', () => {
  pool(['10.1.0.0/31']);
  service('first', { metadata: { creationTimestamp: '2025-01-01T00:00:00Z' } });
  const replica = start();
  replica.losing = (request) =>
    request.verb === 'patch' && request.resource.plural === 'services' && request.name === 'first'
      ? 'request'
      : undefined;
  clock.advance(7_000);
  service('second');
  clock.advance(2_000);
  expect([shownIn(cluster, 'first'), shownIn(cluster, 'second')]).toEqual([[], ['10.1.0.1']]);
  replica.losing = () => undefined;
  clock.advance(30_000);
  expect(shownIn(cluster, 'first')).toEqual(['10.1.0.0']);
});

test('a Service that was edited meanwhile is written as it is now', () => {
  pool(['10.1.0.0/30']);
  const replica = start({ delays: { request: () => 1, answer: () => 1, watch: () => 500 } });
  clock.advance(3_000);
  service('web');
  clock.advance(520);
  // The edit is stored before the patch arrives; the watch shows it only later.
  annotate('web', { 'metallb.io/loadBalancerIPs': '10.1.0.3' });
  clock.advance(3_000);
  expect(shownIn(cluster, 'web')).toEqual(['10.1.0.3']);
  expect(namesWritten()).toEqual(['web']);
  expect(replica.metrics.values.get('metallb_k8s_client_update_errors_total')).toBeUndefined();
});

test('a Service that somebody touched while its write waited is written nevertheless', () => {
  pool(['10.1.0.0/32']);
  service('holder');
  start({ delays: { request: () => 1, answer: () => 1_000, watch: () => 1 } });
  clock.advance(60_000);
  // More than may be in flight: what they are told changes no plan, and nothing else happens.
  const names = Array.from({ length: 40 }, (_, index) => `web${index}`);
  for (const name of names) service(name);
  clock.advance(300);
  expect(namesWritten()).not.toContain('web39');
  annotate('web39', { 'example.com/seen': 'yes' });
  clock.advance(60_000);
  expect(conditionIn(cluster, 'web39', 'ingot.dev/Allocated')).toBe('False/PoolExhausted');
});

test('a Service that vanishes under a write is forgotten', () => {
  pool(['10.1.0.0/32']);
  start({ delays: { request: () => 1, answer: () => 1, watch: () => 500 } });
  clock.advance(3_000);
  service('gone', { metadata: { creationTimestamp: '2025-01-01T00:00:00Z' } });
  service('other');
  clock.advance(510);
  cluster.remove(services, 'default', 'gone');
  clock.advance(5_000);
  expect(shownIn(cluster, 'other')).toEqual(['10.1.0.0']);
});

test('what the apiserver refuses is a problem in ConfigurationState until it is taken', () => {
  pool(['10.1.0.0/30']);
  const take = cluster.refuse((request) => request.verb === 'patch' && request.resource.plural === 'services', 403);
  service('web');
  start();
  clock.advance(5_000);
  const summary = () => cluster.get(configurationStates, ownNamespace, 'controller')?.['status'].errorSummary;
  expect(summary()).toContain('Service web: status: the apiserver refuses to store it: 403');
  take();
  clock.advance(400_000);
  expect(shownIn(cluster, 'web')).toEqual(['10.1.0.0']);
  expect(summary()).toBe('');
});

test('an edit ends the wait after a refusal', () => {
  pool(['10.1.0.0/30']);
  const take = cluster.refuse((request) => request.verb === 'patch' && request.resource.plural === 'services', 403);
  service('web');
  start();
  // By now it would be tried again in minutes only.
  clock.advance(200_000);
  take();
  annotate('web', { 'metallb.io/loadBalancerIPs': '10.1.0.2' });
  clock.advance(1_000);
  expect(shownIn(cluster, 'web')).toEqual(['10.1.0.2']);
});

test('a Service that is no load balancer any more is tidied up, its address is free at once', () => {
  pool(['10.1.0.0/32']);
  service('web', { metadata: { creationTimestamp: '2025-01-01T00:00:00Z' } });
  service('next');
  start();
  clock.advance(3_000);
  // As the apiserver: it clears the addresses in the same update.
  cluster.edit(services, 'default', 'web', (object) => ({
    ...object,
    spec: { ...object['spec'], type: 'ClusterIP' },
    status: { ...object['status'], loadBalancer: {} },
  }));
  clock.advance(5_000);
  const { metadata, status } = cluster.get(services, 'default', 'web') ?? {};
  expect([metadata.annotations, status.conditions]).toEqual([undefined, undefined]);
  expect(shownIn(cluster, 'next')).toEqual(['10.1.0.0']);
});

test('a Service that returns as a load balancer is not tidied up by mistake', () => {
  pool(['10.1.0.0/30']);
  service('web');
  start();
  clock.advance(3_000);
  const retype = (type: string) =>
    cluster.edit(services, 'default', 'web', (object) => ({
      ...object,
      spec: { ...object['spec'], type },
      status: { ...object['status'], loadBalancer: {} },
    }));
  retype('ClusterIP');
  clock.advance(5);
  retype('LoadBalancer');
  clock.advance(10_000);
  expect(shownIn(cluster, 'web')).toEqual(['10.1.0.0']);
  expect(cluster.get(services, 'default', 'web')?.['metadata'].annotations).toEqual({
    'metallb.io/ip-allocated-from-pool': 'a',
  });
  expect(conditionIn(cluster, 'web', 'ingot.dev/Allocated')).toBe('True/Allocated');
});

test('a new leader tidies up what earlier ones left behind', () => {
  const annotations = { 'metallb.io/ip-allocated-from-pool': 'a', 'example.com/owner': 'x' };
  service('web', { metadata: { annotations }, spec: { type: 'ClusterIP' } });
  start();
  clock.advance(5_000);
  expect(cluster.get(services, 'default', 'web')?.['metadata'].annotations).toEqual({ 'example.com/owner': 'x' });
});

test('only Services of the own class exist', () => {
  pool(['10.1.0.0/29']);
  service('plain');
  service('ours', { spec: { loadBalancerClass: 'example.com/ours' } });
  service('foreign', { spec: { loadBalancerClass: 'example.com/foreign' } });
  start({ lbClass: 'example.com/ours' });
  clock.advance(5_000);
  expect(['plain', 'ours', 'foreign'].map((name) => shownIn(cluster, name).length)).toEqual([0, 1, 0]);
});

test('nothing is written before Services, pools and namespaces have been read', () => {
  pool(['10.1.0.0/30'], { serviceAllocation: { namespaces: ['default'] } });
  service('web');
  const replica = new Replica(cluster, clock);
  const watch = replica.connection.watch.bind(replica.connection);
  replica.connection.watch = (request, happened) =>
    request.resource.plural === 'namespaces' ? () => {} : watch(request, happened);
  replica.start();
  clock.advance(20_000);
  expect(serviceWrites()).toEqual([]);
  expect(replica.controller.notReady()).toContain('namespaces: not yet read');
});

test('without an answer for a minute it is not ready, and then again', () => {
  const replica = start();
  clock.advance(5_000);
  expect(replica.controller.notReady()).toEqual([]);
  replica.losing = () => 'request';
  clock.advance(70_000);
  expect(replica.controller.notReady()).toEqual([expect.stringMatching(/^no answer from the apiserver for \d+ s$/)]);
  replica.losing = () => undefined;
  clock.advance(20_000);
  expect(replica.controller.notReady()).toEqual([]);
});

test('stopping sends what is under way and gives the Lease back', () => {
  pool(['10.1.0.0/30']);
  const replica = start();
  clock.advance(3_000);
  let stopped = false;
  replica.controller.stop(() => (stopped = true));
  clock.advance(5_000);
  expect(stopped).toBe(true);
  expect(cluster.get(leases, ownNamespace, 'ingot-controller')?.['spec'].holderIdentity).toBe('');
});
