// Which address a Service without one gets, and why it gets none.
import { expect, test } from 'vitest';
import { decided, decisionsOf, planOf, settled, worldOf, type World } from '#test/unit/controller/world.ts';
import {
  dual,
  held,
  pool,
  preferDual,
  requireDual,
  shares,
  type ServiceOptions,
} from '#test/unit/controller/objects.ts';
import type { Pool } from '#shared/config/pool.ts';

const wants = (addresses: string, more: ServiceOptions = {}): ServiceOptions => ({
  ...more,
  annotations: { ...more.annotations, 'metallb.io/loadBalancerIPs': addresses },
});
const from = (name: string, more: ServiceOptions = {}): ServiceOptions => ({
  ...more,
  annotations: { ...more.annotations, 'metallb.io/address-pool': name },
});
const four = pool('four', ['10.1.0.0/30']);
const six = pool('six', ['2001:db8::/126']);
const both = pool('both', ['10.2.0.0/30', '2001:db8:2::/126']);

test.each<[string, ServiceOptions, readonly Pool[], string]>([
  ['one family: the first address of the first pool by name', {}, [both, four], '10.2.0.0 of both'],
  ['one family: the first pool that has it', { clusterIPs: ['fd00::1'] }, [four, six], '2001:db8:: of six'],
  ['dual: a pool with both', dual, [four, six, both], '10.2.0.0,2001:db8:2:: of both'],
  [
    'dual: the primary family first',
    { ...requireDual, ipFamilies: ['IPv6', 'IPv4'] },
    [both],
    '2001:db8:2::,10.2.0.0 of both',
  ],
  ['dual required: never from two pools', requireDual, [four, six], 'NoFamilyInPool'],
  [
    'dual preferred: a pool with both before the first with one',
    preferDual,
    [pool('a', ['10.9.0.0/30']), both],
    '10.2.0.0,2001:db8:2:: of both',
  ],
  ['dual preferred: else the primary family', preferDual, [six, four], '10.1.0.0 of four PartiallyAllocated'],
  ['dual preferred: else the other one', preferDual, [six], '2001:db8:: of six PartiallyAllocated'],
  [
    'dual preferred: a pinned pool with one family before an open one with both',
    preferDual,
    [both, pool('pinned', ['10.3.0.0/30'], { serviceAllocation: {} })],
    '10.3.0.0 of pinned PartiallyAllocated',
  ],
  ['entries in their order, not by value', {}, [pool('a', ['10.1.0.8/31', '10.1.0.0/31'])], '10.1.0.8 of a'],
  [
    'addresses that devices mistake are avoided',
    {},
    [pool('a', ['10.1.0.255-10.1.1.3'], { avoidBuggyIPs: true })],
    '10.1.1.1 of a',
  ],
  ['a wanted address', wants('10.1.0.2'), [four], '10.1.0.2 of four'],
  [
    'a wanted address in another spelling',
    wants('2001:DB8:0:0::2', { clusterIPs: ['fd00::1'] }),
    [six],
    '2001:db8::2 of six',
  ],
  [
    'wanted addresses of both families',
    wants('2001:db8:2::2,10.2.0.3', dual),
    [both],
    '10.2.0.3,2001:db8:2::2 of both',
  ],
  ['loadBalancerIP', { loadBalancerIP: '10.1.0.3' }, [four], '10.1.0.3 of four'],
  [
    'a wanted address of a pool that assigns none by itself',
    wants('10.1.0.2'),
    [pool('a', ['10.1.0.0/30'], { autoAssign: false })],
    '10.1.0.2 of a',
  ],
  ['a wanted pool', from('four'), [both, four], '10.1.0.0 of four'],
  [
    'a wanted pool that assigns none by itself',
    from('a'),
    [pool('a', ['10.1.0.0/30'], { autoAssign: false })],
    '10.1.0.0 of a',
  ],
  ['a wanted address of the wanted pool', from('four', wants('10.1.0.1')), [both, four], '10.1.0.1 of four'],
])('%s', (_, options, pools, outcome) => {
  expect(decided(worldOf([held('web', options)], pools))).toEqual([`web: ${outcome}`]);
});

const full: readonly [string, ServiceOptions] = ['full', { holds: ['10.1.0.0'], fromPool: 'a', createdMs: -1 }];
const one = pool('a', ['10.1.0.0/32']);

test.each<[string, ServiceOptions, readonly Pool[], string, string]>([
  ['no pool', {}, [], 'NoPools', 'no IPAddressPool exists in namespace metallb-system'],
  [
    'no pool that serves it',
    {},
    [
      pool('c', ['10.1.0.1/32'], { serviceAllocation: { serviceSelectors: [{ matchLabels: { app: 'db' } }] } }),
      pool('b', ['10.1.0.2/32'], { serviceAllocation: { namespaces: ['other'] } }),
      pool('a', ['10.1.0.3/32'], { autoAssign: false }),
    ],
    'NoMatchingPool',
    'no pool admits the Service (a: autoAssign off, b: namespace, c: selector)',
  ],
  [
    'more pools than a message names',
    {},
    ['f', 'e', 'd', 'c', 'b', 'a'].map((name, index) => pool(name, [`10.1.0.${index}/32`], { autoAssign: false })),
    'NoMatchingPool',
    'no pool admits the Service (a: autoAssign off, b: autoAssign off, c: autoAssign off, d: autoAssign off, e: autoAssign off)',
  ],
  ['nothing free', {}, [one], 'PoolExhausted', 'no available IPs: pool a free 0 of 1 IPv4'],
  [
    'nothing free in the wanted pool',
    from('a'),
    [one, four],
    'PoolExhausted',
    'no available IPs in pool a: free 0 of 1 IPv4',
  ],
  [
    'one family of both is used up',
    requireDual,
    [pool('a', ['10.1.0.0/32', '2001:db8::/126'])],
    'PoolExhausted',
    'no available IPs: pool a free 0 of 1 IPv4',
  ],
  [
    'no pool has the family',
    { clusterIPs: ['fd00::1'] },
    [one],
    'NoFamilyInPool',
    'no suitable pool for IPv6 IPFamily',
  ],
  ['no pool has both families', requireDual, [one, six], 'NoFamilyInPool', 'no suitable pool for dual IPFamily'],
  ['an unknown pool', from('gold'), [four], 'UnknownPool', 'unknown pool "gold"'],
  [
    'a wanted pool that serves other namespaces',
    from('b'),
    [pool('b', ['10.1.0.2/32'], { serviceAllocation: { namespaces: ['other'] } })],
    'PoolNotAllowed',
    'pool b not compatible for ip assignment: it does not serve namespace default',
  ],
  [
    'a wanted address whose pool serves other Services',
    wants('10.1.0.2'),
    [pool('b', ['10.1.0.2/32'], { serviceAllocation: { serviceSelectors: [{ matchLabels: { app: 'db' } }] } })],
    'PoolNotAllowed',
    'pool b not compatible for ip assignment: its serviceSelectors do not match the labels of the Service',
  ],
  [
    'a wanted address of no pool',
    wants('192.0.2.1'),
    [four],
    'AddressNotInPool',
    '["192.0.2.1"] is not allowed in config',
  ],
  [
    'wanted addresses of two pools',
    wants('10.1.0.1,2001:db8::1', dual),
    [four, six],
    'AddressNotInPool',
    '["10.1.0.1" "2001:db8::1"] is not allowed in config',
  ],
  [
    'a wanted address that its pool avoids',
    wants('10.1.0.0'),
    [pool('a', ['10.1.0.0/24'], { avoidBuggyIPs: true })],
    'AddressNotInPool',
    '["10.1.0.0"] is not allowed in config',
  ],
  [
    'a wanted address of another pool than the wanted one',
    from('both', wants('10.1.0.1')),
    [four, both],
    'PoolMismatch',
    'requested loadBalancer IP(s) [10.1.0.1] is not compatible with requested address pool both',
  ],
  [
    'a wanted address that is held',
    wants('10.1.0.0'),
    [one],
    'AddressInUse',
    'address 10.1.0.0 in use by default/full: existing service does not allow sharing',
  ],
  [
    'a pool with an error',
    {},
    [pool('a', ['10.1.0.0/32', 'nonsense'])],
    'PoolFrozen',
    'pool a has an error and gives no addresses: spec.addresses[1]: "nonsense" must be a CIDR prefix (198.51.100.0/24) or a range (198.51.100.10-198.51.100.20)',
  ],
  [
    'a wanted address of a pool with an error',
    wants('10.1.0.9'),
    [pool('a', ['10.1.0.8/30', '10.1.0.5-10.1.0.1'])],
    'PoolFrozen',
    'pool a has an error and gives no addresses: spec.addresses[1]: "10.1.0.5-10.1.0.1" starts after its end: swap the two addresses',
  ],
])('%s is refused', (_, options, pools, reason, message) => {
  const decision = decisionsOf(worldOf([held(...full), held('web', options)], pools)).get('web');
  expect(decision?.refusal).toEqual({ reason, message });
  expect(decision?.addresses).toEqual([]);
});

test('pending Services are served oldest first, those of one second by uid', () => {
  const services = [
    held('c', { createdMs: 2 }),
    held('b', { createdMs: 1, uid: '2' }),
    held('a', { createdMs: 1, uid: '1' }),
  ];
  expect(decided(worldOf(services, [pool('p', ['10.1.0.0/31'])]))).toEqual([
    'a: 10.1.0.0 of p',
    'b: 10.1.0.1 of p',
    'c: PoolExhausted',
  ]);
});

test('pinned pools come before open ones, each list to its end', () => {
  const pinned = pool('z-pinned', ['10.3.0.0/32'], { serviceAllocation: { namespaces: ['default'] } });
  const services = ['a', 'b'].map((name, createdMs) => held(name, { createdMs }));
  expect(decided(worldOf(services, [four, pinned]))).toEqual(['a: 10.3.0.0 of z-pinned', 'b: 10.1.0.0 of four']);
});

test('namespaceSelectors that match no namespace admit nobody, not even together with serviceSelectors', () => {
  const nobody = { namespaceSelectors: [{ matchLabels: { team: 'none' } }] };
  const withLabels = { ...nobody, serviceSelectors: [{ matchLabels: { app: 'web' } }] };
  const namespaces = new Map([['default', { team: 'web' }]]);
  for (const serviceAllocation of [nobody, withLabels]) {
    const world = worldOf(
      [held('web', wants('10.1.0.1', { labels: { app: 'web' } }))],
      [pool('a', ['10.1.0.0/30'], { serviceAllocation })],
      {
        namespaces,
      },
    );
    expect(decided(world)).toEqual(['web: PoolNotAllowed']);
  }
});

test('a new address in an overlap comes from the oldest pool only', () => {
  const old = pool('old', ['10.1.0.0/31'], { createdMs: 1, autoAssign: false });
  const young = pool('young', ['10.1.0.0/30'], { createdMs: 2 });
  expect(decided(worldOf([held('web')], [young, old]))).toEqual(['web: 10.1.0.2 of young']);
  expect(decided(worldOf([held('web', wants('10.1.0.1'))], [young, old]))).toEqual(['web: 10.1.0.1 of old']);
  const refused = decisionsOf(worldOf([held('web', from('young', wants('10.1.0.1')))], [young, old])).get(
    'web',
  )?.refusal;
  expect(refused?.message).toBe('pool young not compatible for ip assignment: 10.1.0.1 belongs to the older pool old');
});

const sharer = (name: string, port: number, more: ServiceOptions = {}) => held(name, { ...shares('k', port), ...more });

test.each<[string, readonly ReturnType<typeof held>[], readonly string[]]>([
  ['the same key and other ports: one address', [sharer('a', 80), sharer('b', 81)], ['10.1.0.0', '10.1.0.0']],
  ['the same port: two', [sharer('a', 80), sharer('b', 80)], ['10.1.0.0', '10.1.0.1']],
  [
    'the same port of another protocol: one',
    [sharer('a', 53), sharer('b', 53, { ports: [{ protocol: 'UDP', port: 53 }] })],
    ['10.1.0.0', '10.1.0.0'],
  ],
  ['another key: two', [sharer('a', 80), held('b', shares('other', 81))], ['10.1.0.0', '10.1.0.1']],
  ['no key: two', [sharer('a', 80), held('b', { ports: [{ protocol: 'TCP', port: 81 }] })], ['10.1.0.0', '10.1.0.1']],
  [
    'Local and Cluster: two',
    [sharer('a', 80), sharer('b', 81, { externalTrafficPolicy: 'Local' })],
    ['10.1.0.0', '10.1.0.1'],
  ],
  [
    'Local with one selector: one',
    ['a', 'b'].map((name, index) => sharer(name, index, { externalTrafficPolicy: 'Local', selector: { app: 'x' } })),
    ['10.1.0.0', '10.1.0.0'],
  ],
  [
    'Local with two selectors: two',
    ['a', 'b'].map((name, index) => sharer(name, index, { externalTrafficPolicy: 'Local', selector: { app: name } })),
    ['10.1.0.0', '10.1.0.1'],
  ],
  [
    'a key permits, it does not prefer: the lower address wins',
    [sharer('a', 80, { holds: ['10.1.0.2'], fromPool: 'four' }), sharer('b', 81)],
    ['10.1.0.2', '10.1.0.0'],
  ],
  [
    'the lowest with room is found among several',
    [
      sharer('a', 80, { holds: ['10.1.0.1'], fromPool: 'four' }),
      sharer('b', 81, { holds: ['10.1.0.2'], fromPool: 'four' }),
      held('x', { holds: ['10.1.0.0'], fromPool: 'four' }),
      sharer('c', 80),
    ],
    ['10.1.0.1', '10.1.0.2', '10.1.0.0', '10.1.0.2'],
  ],
])('sharing: %s', (_, services, addresses) => {
  const aged = services.map((each, createdMs) => ({ ...each, service: { ...each.service, createdMs } }));
  const decisions = decisionsOf(worldOf(aged, [four]));
  expect([...decisions.values()].map((decision) => decision.addresses.map(({ ip }) => ip).join())).toEqual(addresses);
});

test.each<[string, ServiceOptions, string]>([
  [
    'key',
    { annotations: { 'metallb.io/allow-shared-ip': 'x' } },
    'sharing key "x" does not match existing sharing key "k"',
  ],
  [
    'backend',
    { ...shares('k', 81), externalTrafficPolicy: 'Local', selector: { a: 'b' } },
    'backend key "Local:a=b" does not match existing backend key ""',
  ],
  ['port', shares('k', 80), 'port TCP/80 is already in use on "10.1.0.0"'],
])('who may not share a wanted address is told the %s', (_, options, why) => {
  const holder = sharer('first', 80, { holds: ['10.1.0.0'], fromPool: 'four', createdMs: -1 });
  const decision = decisionsOf(worldOf([holder, held('web', wants('10.1.0.0', options))], [four])).get('web');
  expect(decision?.refusal?.message).toBe(`address 10.1.0.0 in use by default/first: ${why}`);
});

test('no more than 256 Services share one address', () => {
  const services = Array.from({ length: 257 }, (_, index) => sharer(`s${index}`, index, { createdMs: index }));
  const world = worldOf(services, [pool('a', ['10.1.0.0/32'])]);
  expect(decided(world).at(-1)).toBe('s256: PoolExhausted');
  const wanting = sharer(
    'late',
    999,
    wants('10.1.0.0', { createdMs: 300, annotations: { 'metallb.io/allow-shared-ip': 'k' } }),
  );
  const { services: full256 } = settled(worldOf(services.slice(0, 256), world.pools));
  const refusal = decisionsOf(worldOf([...full256, wanting], world.pools)).get('late')?.refusal;
  expect(refusal?.message).toBe('address 10.1.0.0 in use by default/s0: 256 Services share it already');
});

test('usage counts addresses, not Services', () => {
  const world: World = worldOf(
    [sharer('a', 80), sharer('b', 81), held('c'), held('d', dual)],
    [pool('p', ['10.1.0.0/30', '2001:db8::/64'])],
  );
  expect(planOf(world).usage.get('p')).toEqual({
    families: {
      IPv4: { capacity: 4, assigned: 3, available: 1 },
      IPv6: { capacity: 9_007_199_254_740_991, assigned: 1, available: 9_007_199_254_740_991 },
    },
    services: 4,
  });
});
