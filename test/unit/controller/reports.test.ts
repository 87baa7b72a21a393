// What the controller says about Services, pools and configuration: conditions, status, Events, ConfigurationState, metrics.
import { beforeEach, expect, test } from 'vitest';
import { configurationStates } from '#shared/api/configuration-state.ts';
import { ipAddressPools } from '#shared/api/ip-address-pool.ts';
import { l2Advertisements } from '#shared/api/l2-advertisement.ts';
import { serviceL2Statuses } from '#shared/api/service-l2-status.ts';
import { events, nodes, services } from '#shared/kube/resources.ts';
import { VirtualClock } from '#test/simulation/time/virtual-clock.ts';
import { Cluster, type AnyObject } from '../cluster.ts';
import { conditionIn, ownNamespace, poolObject, Replica, serviceObject } from './replica.ts';

let clock: VirtualClock;
let cluster: Cluster;
let replica: Replica;

beforeEach(() => {
  clock = new VirtualClock();
  cluster = new Cluster(clock, 'default', ownNamespace);
  replica = new Replica(cluster, clock).start();
});

const pool = (name: string, addresses: readonly string[], spec?: AnyObject) =>
  cluster.put(ipAddressPools, poolObject(name, addresses, spec));
const service = (name: string, parts?: AnyObject) => cluster.put(services, serviceObject(name, parts));
const told = () =>
  cluster
    .list(events)
    .map(({ type, reason, action, note, regarding }) => `${type} ${reason} ${action} ${regarding.name}: ${note}`);
const overlap = (own: string, ownRange: string, other: string, otherRange: string) =>
  `CIDR "${ownRange}" in pool "${own}" overlaps with already defined CIDR "${otherRange}" in pool "${other}"`;
const state = () => cluster.get(configurationStates, ownNamespace, 'controller')?.['status'];
const poolStatus = (name: string) => cluster.get(ipAddressPools, ownNamespace, name)?.['status'];
const poolConditions = (name: string) =>
  poolStatus(name).conditions.map(({ type, status, reason }: AnyObject) => `${type} ${status}/${reason}`);
const l2Status = (serviceName: string) => ({
  metadata: { name: `l2-${serviceName}`, namespace: ownNamespace },
  status: { node: 'n1', serviceName, serviceNamespace: 'default', interfaces: [{ name: 'eth0' }] },
});
const advertisement = (name: string, spec: AnyObject = {}) =>
  cluster.put(l2Advertisements, { metadata: { name, namespace: ownNamespace, uid: `uid-${name}` }, spec });

test('Announced follows the speakers, once it has held for ten seconds, and names no node', () => {
  pool('a', ['10.1.0.0/30']);
  service('web');
  clock.advance(9_000);
  expect(conditionIn(cluster, 'web', 'ingot.dev/Announced')).toBeUndefined();
  clock.advance(6_000);
  expect(conditionIn(cluster, 'web', 'ingot.dev/Announced')).toBe('False/NoAdvertisement');
  advertisement('all');
  clock.advance(15_000);
  expect(conditionIn(cluster, 'web', 'ingot.dev/Announced')).toBe('False/NotAnnounced');
  cluster.put(serviceL2Statuses, l2Status('web'));
  clock.advance(9_000);
  expect(conditionIn(cluster, 'web', 'ingot.dev/Announced')).toBe('False/NotAnnounced');
  clock.advance(3_000);
  expect(conditionIn(cluster, 'web', 'ingot.dev/Announced')).toBe('True/Announced');
  expect(JSON.stringify(cluster.get(services, 'default', 'web'))).not.toContain('n1');
});

test('a refusal does not wait behind what is said of the announcement of many others', () => {
  pool('a', ['10.1.0.0/23']);
  for (let index = 0; index < 400; index++) service(`web-${index}`);
  clock.advance(12_000);
  const announced = () => cluster.list(services).filter(({ status }) => status.conditions.length > 1).length;
  expect(announced()).toBeGreaterThan(0);
  expect(announced()).toBeLessThan(100);
  service('elsewhere', { metadata: { annotations: { 'metallb.io/address-pool': 'unknown' } } });
  clock.advance(1_000);
  expect(conditionIn(cluster, 'elsewhere', 'ingot.dev/Allocated')).toBe('False/UnknownPool');
});

test('a fail-over of a few seconds is no write of the Service', () => {
  pool('a', ['10.1.0.0/30']);
  advertisement('all');
  service('web');
  cluster.put(serviceL2Statuses, l2Status('web'));
  clock.advance(20_000);
  const { resourceVersion } = cluster.get(services, 'default', 'web')?.['metadata'] ?? {};
  cluster.remove(serviceL2Statuses, ownNamespace, 'l2-web');
  clock.advance(5_000);
  cluster.put(serviceL2Statuses, l2Status('web'));
  clock.advance(30_000);
  expect(cluster.get(services, 'default', 'web')?.['metadata'].resourceVersion).toBe(resourceVersion);
});

test('Announced is put right when speakers change their mind before the watch has shown what was written', () => {
  const { troubles } = cluster.apiserver;
  pool('a', ['10.1.0.0/30']);
  service('web');
  advertisement('all');
  cluster.put(serviceL2Statuses, l2Status('web'));
  clock.advance(15_000);
  expect(conditionIn(cluster, 'web', 'ingot.dev/Announced')).toBe('True/Announced');
  cluster.apiserver.remove(serviceL2Statuses, ownNamespace, 'l2-web');
  clock.advance(9_900);
  const end = troubles.delayWatches({ lagMs: 3_000 });
  clock.advance(500);
  expect(conditionIn(cluster, 'web', 'ingot.dev/Announced')).toBe('False/NotAnnounced');
  end();
  cluster.put(serviceL2Statuses, l2Status('web'));
  clock.advance(20_000);
  expect(conditionIn(cluster, 'web', 'ingot.dev/Announced')).toBe('True/Announced');
});

test('a Service that loses its address loses the condition Announced with it', () => {
  pool('a', ['10.1.0.0/30']);
  service('web');
  clock.advance(15_000);
  expect(conditionIn(cluster, 'web', 'ingot.dev/Announced')).toBe('False/NoAdvertisement');
  cluster.remove(ipAddressPools, ownNamespace, 'a');
  clock.advance(5_000);
  expect(conditionIn(cluster, 'web', 'ingot.dev/Announced')).toBeUndefined();
  expect(conditionIn(cluster, 'web', 'ingot.dev/Allocated')).toBe('False/NoPools');
});

test('the status of a pool says how much is in use, at most every two seconds', () => {
  pool('a', ['10.1.0.0/28', '2001:db8::/64']);
  clock.advance(5_000);
  expect(poolStatus('a')).toMatchObject({
    assignedIPv4: 0,
    availableIPv4: 16,
    assignedIPv6: 0,
    availableIPv6: 9_007_199_254_740_991,
  });
  const before = cluster.writes.length;
  for (let index = 0; index < 8; index++) {
    service(`s${index}`);
    clock.advance(200);
  }
  const poolWrites = cluster.writes.slice(before).filter(({ resource }) => resource.plural === 'ipaddresspools');
  expect(poolWrites.length).toBeLessThanOrEqual(2);
  clock.advance(5_000);
  expect(poolStatus('a')).toMatchObject({ assignedIPv4: 8, availableIPv4: 8 });
  expect(poolConditions('a')).toEqual(['Ready True/Ready', 'Conflict False/NoOverlap']);
});

test('a transition time changes with the status only', () => {
  pool('a', ['10.1.0.0/28']);
  clock.advance(5_000);
  const [ready] = poolStatus('a').conditions;
  clock.advance(5_000);
  service('web');
  clock.advance(5_000);
  expect(poolStatus('a')).toMatchObject({ assignedIPv4: 1 });
  expect(poolStatus('a').conditions[0]).toEqual(ready);
  pool('a', ['10.1.0.0/28', 'nonsense']);
  clock.advance(5_000);
  expect(poolStatus('a').conditions[0]).toMatchObject({ type: 'Ready', status: 'False', reason: 'InvalidAddresses' });
  expect(poolStatus('a').conditions[0].lastTransitionTime).not.toBe(ready.lastTransitionTime);
});

test('pools with errors are said in condition, Event and ConfigurationState; the others work', () => {
  pool('good', ['10.1.0.0/30']);
  pool('bad', ['10.2.0.0/30', '10.2.0.9-10.2.0.1']);
  service('web');
  clock.advance(10_000);
  expect(poolConditions('bad')).toEqual(['Ready False/InvalidAddresses', 'Conflict False/NoOverlap']);
  const problem = 'spec.addresses[1]: "10.2.0.9-10.2.0.1" starts after its end: swap the two addresses';
  expect(state()).toMatchObject({ result: 'Invalid', errorSummary: `IPAddressPool bad: ${problem}` });
  expect(told()).toContain(`Warning PoolInvalid Configure bad: ${problem}`);
  expect(conditionIn(cluster, 'web', 'ingot.dev/Allocated')).toBe('True/Allocated');
  pool('bad', ['10.2.0.0/30']);
  clock.advance(10_000);
  expect(poolConditions('bad')[0]).toBe('Ready True/Ready');
  expect(state()).toMatchObject({ result: 'Valid', errorSummary: '' });
});

test('pools that overlap both say so', () => {
  pool('x', ['10.1.0.0/24']);
  pool('y', ['10.1.0.128/25']);
  clock.advance(10_000);
  expect(poolStatus('x').conditions[1]).toMatchObject({
    status: 'True',
    reason: 'AddressOverlap',
    message: overlap('x', '10.1.0.0/24', 'y', '10.1.0.128/25'),
  });
  expect(poolConditions('y')[1]).toBe('Conflict True/AddressOverlap');
  expect(told()).toContain(`Warning PoolConflict Configure y: ${overlap('y', '10.1.0.128/25', 'x', '10.1.0.0/24')}`);
});

test('addresses of nodes and of the Service network are warned about, and given all the same', () => {
  cluster.put(nodes, {
    metadata: { name: 'n1' },
    status: { addresses: [{ type: 'InternalIP', address: '10.1.0.2' }] },
  });
  pool('a', ['10.1.0.0/30']);
  service('web');
  clock.advance(10_000);
  expect(poolConditions('a')[0]).toBe('Ready True/OverlapsNodeAddress');
  expect(state()).toMatchObject({ result: 'Valid' });
  expect(told().filter((text) => text.includes('ConfigurationProblem'))).toHaveLength(1);
  expect(conditionIn(cluster, 'web', 'ingot.dev/Allocated')).toBe('True/Allocated');
});

test('what is wrong with an advertisement is an Event on it, once', () => {
  pool('a', ['10.1.0.0/30']);
  advertisement('ad', { ipAddressPools: ['nowhere'] });
  clock.advance(10_000);
  service('web');
  clock.advance(60_000);
  expect(told().filter((text) => text.includes(' ad: '))).toEqual([
    expect.stringContaining('Warning ConfigurationProblem Configure ad: spec.ipAddressPools[0]'),
  ]);
});

test('an object that cannot be read is named, and the others work', () => {
  pool('a', ['10.1.0.0/30']);
  service('odd', { spec: { ports: 'none' } });
  service('web');
  clock.advance(10_000);
  expect(state().errorSummary).toBe('Service default/odd: object: spec.ports: expected a list');
  expect(conditionIn(cluster, 'web', 'ingot.dev/Allocated')).toBe('True/Allocated');
});

test.each<[string, AnyObject, string]>([
  [
    'LoadBalancerFailed',
    { metadata: { annotations: { 'metallb.io/loadBalancerIPs': 'x' } } },
    'invalid requested loadbalancer IPs: "x" is not an IP address',
  ],
  [
    'NotEnoughClusterIPs',
    { spec: { ipFamilyPolicy: 'RequireDualStack' } },
    'Service requires dual stack but not enough clusterips [10.0.0.1]',
  ],
  [
    'InvalidClusterIPs',
    { spec: { clusterIPs: ['None'] } },
    'clusterIPs [None] are neither one address nor one of each family',
  ],
  [
    'AllocationFailed',
    { metadata: { annotations: { 'metallb.io/address-pool': 'x' } } },
    'Failed to allocate IP for "default/web": unknown pool "x"',
  ],
])('%s is said once, however often it is planned', (reason, parts, note) => {
  pool('a', ['10.1.0.0/29']);
  service('web', parts);
  clock.advance(5_000);
  for (let index = 0; index < 4; index++) {
    service(`s${index}`);
    clock.advance(1_000);
  }
  expect(told().filter((text) => text.includes(' web: '))).toEqual([`Warning ${reason} Allocate web: ${note}`]);
});

test('a deprecated annotation, an addition and a loss are said', () => {
  pool('a', ['10.1.0.0/30']);
  const dual = { clusterIPs: ['10.0.0.1', 'fd00::1'], ipFamilies: ['IPv4', 'IPv6'], ipFamilyPolicy: 'PreferDualStack' };
  service('web', { metadata: { annotations: { 'metallb.universe.tf/address-pool': 'a' } }, spec: dual });
  clock.advance(5_000);
  pool('a', ['10.1.0.0/30', '2001:db8::/126']);
  clock.advance(5_000);
  pool('a', ['2001:db8::/126']);
  clock.advance(5_000);
  expect(told().filter((text) => text.includes(' web: '))).toEqual([
    'Warning deprecatedAnnotation Parse web: Annotation metallb.universe.tf/address-pool is deprecated: use metallb.io/address-pool',
    'Normal IPAllocated Allocate web: Assigned IP ["10.1.0.0"]',
    'Normal AdditionalAssignFailed Allocate web: no IPv6 address: no suitable pool for IPv6 IPFamily',
    'Normal IPAllocated Allocate web: Assigned additional IP "2001:db8::"',
    'Normal ClearAssignment Release web: Cleared assignment ["10.1.0.0"]: ["10.1.0.0"] is not allowed in config',
    'Normal AdditionalAssignFailed Allocate web: no IPv4 address: no suitable pool for IPv4 IPFamily',
  ]);
});

test('a status that no controller would write is put right, and said', () => {
  pool('a', ['10.1.0.0/30']);
  service('web', { status: { loadBalancer: { ingress: [{ ip: '10.1.0.1' }, { ip: '10.1.0.2' }] } } });
  clock.advance(5_000);
  expect(cluster.get(services, 'default', 'web')?.['status'].loadBalancer.ingress).toEqual([
    { ip: '10.1.0.1', ipMode: 'VIP' },
  ]);
  expect(told()).toContain(
    'Warning InvalidStatusIPs Allocate web: The status held ["10.1.0.1" "10.1.0.2"]: not one address of each family',
  );
});

test('the leader shows the pools in its metrics', () => {
  pool('a', ['10.1.0.0/30', '2001:db8::/126']);
  service('web');
  service('waits', { metadata: { annotations: { 'metallb.io/address-pool': 'x' } } });
  clock.advance(5_000);
  replica.controller.refresh();
  const value = (name: string) => replica.metrics.values.get(name);
  expect(value('metallb_allocator_addresses_total{pool="a"}')).toBe(8);
  expect(value('metallb_allocator_ipv4_addresses_in_use_total{pool="a"}')).toBe(1);
  expect(value('metallb_allocator_services_allocated_total{pool="a"}')).toBe(1);
  expect(value('ingot_services_pending{reason="UnknownPool"}')).toBe(1);
  expect(value('ingot_allocations_total{outcome="allocated"}')).toBe(1);
  expect(value('metallb_k8s_client_config_loaded_bool')).toBe(1);
  expect(value('ingot_snapshot_objects{kind="services"}')).toBe(2);
  cluster.remove(ipAddressPools, ownNamespace, 'a');
  clock.advance(5_000);
  expect(value('metallb_allocator_addresses_total{pool="a"}')).toBeUndefined();
});
