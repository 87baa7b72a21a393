// How Services get their addresses, as their status tells people.
import { expect, onTestFinished, test } from 'vitest';
import type { KubeObject } from '../control-plane/admin-client.ts';
import { conditionOf, servicePath } from '../services.ts';
import { configurationPath, lanAddresses, pool, service } from './objects.ts';
import { allocationIn, allocationOf, nothingSaid, notesOn, type Allocation } from './seen.ts';
import { useLab } from './use-lab.ts';

const timeout = 10_000;
const lab = useLab({ nodes: 1, controllers: 1, speakers: false });

/** Waits until exactly this is said of a Service. */
async function expectAllocation(name: string, expected: Partial<Allocation>): Promise<void> {
  await expect.poll(() => allocationOf(lab(), name), { timeout }).toMatchObject(expected);
}

function from(poolName: string, ...addresses: readonly string[]): Allocation {
  const message = `from pool ${poolName}`;
  return { addresses, pool: poolName, allocated: 'True', reason: 'Allocated', message };
}

function refused(reason: string, message: string): Allocation {
  return { ...nothingSaid, allocated: 'False', reason, message };
}

function inUse(why: string): Allocation {
  return refused('AddressInUse', `address 192.0.2.200 in use by default/holder: ${why}`);
}

async function apply(...objects: readonly KubeObject[]): Promise<void> {
  for (const object of objects) await lab().admin.apply(object);
}

/** Of those created within the same second nobody knows whose turn comes first. */
async function create(...objects: readonly KubeObject[]): Promise<void> {
  for (const object of objects) await lab().admin.create(object);
}

async function labelNamespace(team: string | null): Promise<void> {
  await lab().admin.patch('/api/v1/namespaces/default', { metadata: { labels: { team } } });
}

const onPort = (port: number) => ({ ports: [{ name: 'one', port }] });
const wish = (address: string) => ({ 'metallb.io/loadBalancerIPs': address });
const fromPool = (name: string) => ({ 'metallb.io/address-pool': name });
const sharing = (key: string) => ({ 'metallb.io/allow-shared-ip': key });

test('a requested address is given, whether asked for by annotation or by spec.loadBalancerIP', async () => {
  await apply(pool('lan', [lanAddresses.ipv4]));
  await create(service('annotated', {}, wish('192.0.2.222')), service('field', { loadBalancerIP: '192.0.2.223' }));
  await expectAllocation('annotated', from('lan', '192.0.2.222'));
  await expectAllocation('field', from('lan', '192.0.2.223'));
});

test('a requested pool gives the address, even one that gives none unasked', async () => {
  await apply(pool('lan', ['192.0.2.200-192.0.2.209']), pool('reserve', ['192.0.2.220/30'], { autoAssign: false }));
  await create(service('any'), service('special', {}, fromPool('reserve')));
  await expectAllocation('any', from('lan', '192.0.2.200'));
  await expectAllocation('special', from('reserve', '192.0.2.220'));
});

test('a request that cannot be met is refused with the reason', async () => {
  await apply(
    pool('lan', ['192.0.2.200-192.0.2.209']),
    pool('reserve', ['192.0.2.220/30'], { autoAssign: false }),
    pool('others', ['192.0.2.230/30'], { serviceAllocation: { namespaces: ['elsewhere'] } }),
  );
  await create(
    service('unknown-pool', {}, fromPool('nowhere')),
    service('other-namespace', {}, fromPool('others')),
    service('outside', {}, wish('198.51.100.1')),
    service('other-pool', {}, { ...wish('192.0.2.220'), ...fromPool('lan') }),
    service('other-family', {}, wish('2001:db8:b::200')),
    service('no-address', {}, wish('next to the router')),
    service('twice', { loadBalancerIP: '192.0.2.201' }, wish('192.0.2.200')),
  );
  const refusals = {
    'unknown-pool': refused('UnknownPool', 'unknown pool "nowhere"'),
    'other-namespace': refused(
      'PoolNotAllowed',
      'pool others not compatible for ip assignment: it does not serve namespace default',
    ),
    outside: refused('AddressNotInPool', '["198.51.100.1"] is not allowed in config'),
    'other-pool': refused(
      'PoolMismatch',
      'requested loadBalancer IP(s) [192.0.2.220] is not compatible with requested address pool lan',
    ),
    'other-family': refused(
      'FamilyMismatch',
      'requested loadBalancer IP(s) [2001:db8:b::200] does not match the ipFamily of the service',
    ),
    'no-address': refused(
      'InvalidRequest',
      'invalid requested loadbalancer IPs: "next to the router" is not an IP address',
    ),
    twice: refused(
      'InvalidRequest',
      'service can not have both metallb.io/loadBalancerIPs and svc.Spec.LoadBalancerIP',
    ),
  };
  for (const [name, refusal] of Object.entries(refusals)) await expectAllocation(name, refusal);
});

test('without a pool Services wait, and are served when one is made', async () => {
  await create(service('web'));
  await expectAllocation('web', refused('NoPools', 'no IPAddressPool exists in namespace metallb-system'));
  await apply(pool('lan', [lanAddresses.ipv4]));
  await expectAllocation('web', from('lan', '192.0.2.200'));
});

test('of an exhausted pool a Service has to wait, says why, and gets the first address that is freed', async () => {
  await apply(pool('small', ['192.0.2.200/32']));
  await create(service('first'));
  await expectAllocation('first', from('small', '192.0.2.200'));
  await create(service('second'));
  await expectAllocation('second', refused('PoolExhausted', 'no available IPs: pool small free 0 of 1 IPv4'));
  await lab().admin.delete(servicePath('first'));
  await expectAllocation('second', from('small', '192.0.2.200'));
});

test('a Service that is being deleted keeps its address until it is gone', async () => {
  const setFinalizers = async (finalizers: readonly string[]): Promise<void> => {
    await lab().admin.patch(servicePath('leaving'), { metadata: { finalizers } });
  };
  await apply(pool('small', ['192.0.2.200/32']));
  await create(service('leaving'));
  await expectAllocation('leaving', from('small', '192.0.2.200'));
  await setFinalizers(['example.com/cleaning-up']);
  await lab().admin.delete(servicePath('leaving'));
  await create(service('next'));
  await expectAllocation('next', { reason: 'PoolExhausted' });
  await expectAllocation('leaving', from('small', '192.0.2.200'));
  await setFinalizers([]);
  await expectAllocation('next', from('small', '192.0.2.200'));
});

test('a Service changed to ClusterIP gives its address back and shows nothing of it; changed back it gets one', async () => {
  await apply(pool('small', ['192.0.2.200/32']));
  await create(service('changing'));
  await expectAllocation('changing', from('small', '192.0.2.200'));
  await lab().admin.patch(servicePath('changing'), { spec: { type: 'ClusterIP' } });
  await expectAllocation('changing', nothingSaid);
  await create(service('next'));
  await expectAllocation('next', from('small', '192.0.2.200'));
  await lab().admin.patch(servicePath('changing'), { spec: { type: 'LoadBalancer' } });
  await expectAllocation('changing', refused('PoolExhausted', 'no available IPs: pool small free 0 of 1 IPv4'));
  await lab().admin.delete(servicePath('next'));
  await expectAllocation('changing', from('small', '192.0.2.200'));
});

test('a pool that is edited takes along only the Services whose addresses it lost', async () => {
  await apply(pool('lan', ['192.0.2.200-192.0.2.201']));
  await create(service('moved'), service('stays', {}, wish('192.0.2.201')));
  await expectAllocation('moved', from('lan', '192.0.2.200'));
  await expectAllocation('stays', from('lan', '192.0.2.201'));
  await apply(pool('lan', ['192.0.2.201-192.0.2.210']));
  await expectAllocation('moved', from('lan', '192.0.2.202'));
  const cleared = 'ClearAssignment: Cleared assignment ["192.0.2.200"]: ["192.0.2.200"] is not allowed in config';
  await expect.poll(() => notesOn(lab(), 'Service', 'moved'), { timeout }).toContain(cleared);
  expect(await allocationOf(lab(), 'stays')).toEqual(from('lan', '192.0.2.201'));
});

test('Services of a removed pool wait; made anew, it serves them again', async () => {
  await apply(
    pool('lan', ['192.0.2.200-192.0.2.209']),
    pool('more', ['192.0.2.210-192.0.2.219'], { autoAssign: false }),
  );
  await create(service('web'), service('special', {}, fromPool('more')));
  await expectAllocation('web', from('lan', '192.0.2.200'));
  await expectAllocation('special', from('more', '192.0.2.210'));
  await lab().admin.delete(configurationPath('ipaddresspools', 'more'));
  await expectAllocation('special', refused('UnknownPool', 'unknown pool "more"'));
  await apply(pool('more', ['192.0.2.215-192.0.2.219'], { autoAssign: false }));
  await expectAllocation('special', from('more', '192.0.2.215'));
  await expectAllocation('web', from('lan', '192.0.2.200'));
});

test('a pool for chosen namespaces is tried before those for everybody, and loses a Service with the label', async () => {
  onTestFinished(() => labelNamespace(null));
  await labelNamespace('blue');
  const namespaceSelectors = [{ matchLabels: { team: 'blue' } }];
  await apply(
    pool('all', ['192.0.2.200-192.0.2.209']),
    pool('blue', ['192.0.2.210-192.0.2.219'], { serviceAllocation: { namespaceSelectors } }),
  );
  await create(service('web'));
  await expectAllocation('web', from('blue', '192.0.2.210'));
  await labelNamespace('red');
  await expectAllocation('web', from('all', '192.0.2.200'));
});

test('a Service of another load-balancer class is left to whoever serves that class', async () => {
  await apply(pool('lan', [lanAddresses.ipv4]));
  await create(service('foreign', { loadBalancerClass: 'example.com/other' }), service('ours'));
  await expectAllocation('ours', from('lan', '192.0.2.200'));
  await expectAllocation('foreign', nothingSaid);
});

test('one family, either, or both: as the policy of the Service says', async () => {
  await apply(pool('lan', [lanAddresses.ipv4, lanAddresses.ipv6]));
  await create(service('single', { ipFamilyPolicy: 'SingleStack' }));
  await expectAllocation('single', from('lan', '192.0.2.200'));
  await create(service('single-ipv6', { ipFamilyPolicy: 'SingleStack', ipFamilies: ['IPv6'] }));
  await expectAllocation('single-ipv6', from('lan', '2001:db8:b::200'));
  await create(service('prefer', { ipFamilyPolicy: 'PreferDualStack' }));
  await expectAllocation('prefer', from('lan', '192.0.2.201', '2001:db8:b::201'));
  await create(service('require', { ipFamilyPolicy: 'RequireDualStack', ipFamilies: ['IPv6', 'IPv4'] }));
  await expectAllocation('require', from('lan', '2001:db8:b::202', '192.0.2.202'));
});

test('from a pool of one family, who prefers both gets one, who requires both has to wait', async () => {
  await apply(pool('lan', [lanAddresses.ipv4]));
  await create(
    service('prefer', { ipFamilyPolicy: 'PreferDualStack' }),
    service('require', { ipFamilyPolicy: 'RequireDualStack' }),
  );
  await expectAllocation('prefer', {
    addresses: ['192.0.2.200'],
    allocated: 'True',
    reason: 'PartiallyAllocated',
    message: 'no IPv6 address: no suitable pool for IPv6 IPFamily',
  });
  await expectAllocation('require', refused('NoFamilyInPool', 'no suitable pool for dual IPFamily'));
  await apply(pool('lan', [lanAddresses.ipv4, lanAddresses.ipv6]));
  const anyIPv6: string = expect.stringMatching(/^2001:db8:b::20[01]$/);
  await expectAllocation('prefer', from('lan', '192.0.2.200', anyIPv6));
  await expectAllocation('require', from('lan', '192.0.2.201', anyIPv6));
});

test('a Service keeps its address when it becomes dual-stack, and when it becomes single-stack again', async () => {
  await apply(pool('lan', [lanAddresses.ipv4, lanAddresses.ipv6]));
  await create(service('web', { ipFamilyPolicy: 'SingleStack' }));
  await expectAllocation('web', from('lan', '192.0.2.200'));
  const families = ['IPv4', 'IPv6'];
  await lab().admin.patch(servicePath('web'), { spec: { ipFamilyPolicy: 'RequireDualStack', ipFamilies: families } });
  await expectAllocation('web', from('lan', '192.0.2.200', '2001:db8:b::200'));
  const { spec } = await lab().admin.get(servicePath('web'));
  await lab().admin.patch(servicePath('web'), {
    spec: { ipFamilyPolicy: 'SingleStack', ipFamilies: ['IPv4'], clusterIPs: [spec.clusterIPs[0]] },
  });
  await expectAllocation('web', from('lan', '192.0.2.200'));
});

test('an address is shared only with the same key, other ports and the same traffic policy', async () => {
  const shared = wish('192.0.2.200');
  await apply(pool('lan', [lanAddresses.ipv4]));
  await create(service('holder', {}, { ...shared, ...sharing('web') }));
  await expectAllocation('holder', from('lan', '192.0.2.200'));
  await create(
    service('same-port', {}, { ...shared, ...sharing('web') }),
    service('other-key', onPort(444), { ...shared, ...sharing('other') }),
    service('no-key', onPort(445), shared),
    service('local', { ...onPort(446), externalTrafficPolicy: 'Local' }, { ...shared, ...sharing('web') }),
  );
  await expectAllocation('same-port', inUse('port TCP/80 is already in use on "192.0.2.200"'));
  await expectAllocation('other-key', inUse('sharing key "other" does not match existing sharing key "web"'));
  await expectAllocation('no-key', inUse('sharing key "" does not match existing sharing key "web"'));
  await expectAllocation('local', inUse('backend key "Local:app=web" does not match existing backend key ""'));
  await create(service('sharer', onPort(443), { ...shared, ...sharing('web') }));
  await expectAllocation('sharer', from('lan', '192.0.2.200'));
});

test('what others wrote into the status stays, and an address that somebody took out of it comes back', async () => {
  await apply(pool('lan', [lanAddresses.ipv4]));
  await create(service('web'));
  await expectAllocation('web', from('lan', '192.0.2.200'));
  const foreign = { type: 'example.com/Checked', status: 'True', reason: 'Checked', message: 'it is fine' };
  await lab().admin.patch(
    `${servicePath('web')}/status`,
    {
      status: {
        loadBalancer: { ingress: [{ hostname: 'web.example.com' }] },
        conditions: [{ ...foreign, lastTransitionTime: '2026-01-01T00:00:00Z' }],
      },
    },
    'strategic-merge-patch+json',
  );
  await expectAllocation('web', from('lan', '192.0.2.200'));
  const web = await lab().admin.get(servicePath('web'));
  expect(web['status'].loadBalancer.ingress).toEqual([
    { ip: '192.0.2.200', ipMode: 'VIP' },
    { hostname: 'web.example.com' },
  ]);
  expect(conditionOf(web, foreign.type)).toMatchObject(foreign);
  expect(allocationIn(web)).toEqual(from('lan', '192.0.2.200'));
});
