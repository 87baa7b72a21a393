import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { desired, type Desired } from '#speaker/desired/desired.ts';
import type { Inputs, ThisNode } from '#speaker/desired/inputs.ts';
import type { Ip } from '#shared/net/ip.ts';
import { advertisement, inputs, ip, node, pool, service, slice } from '../views.ts';

// Scores of 192.0.2.200: n1 before n3 before n2; of 192.0.2.201: n1, n2, n3.
const address = '192.0.2.200';
const names = ['n1', 'n2', 'n3'];
const nothing: ReadonlySet<Ip> = new Set();
const on = (name: string, given: Inputs, known: Partial<ThisNode> = {}): Desired =>
  desired(given, { name, hostAddresses: nothing, gateways: nothing, ...known });
const failuresOn = (name: string, given: Inputs): string[] => on(name, given).failures.map(({ reason }) => reason);

test('the owner answers on its interfaces, the others do nothing', () => {
  const shop = service('shop', [address]);
  const given = inputs({ services: [shop], advertisements: [advertisement('some', { interfaces: ['eth0'] })] });
  expect(on('n1', given)).toEqual({
    addresses: [{ ip: address, owned: true, interfaces: ['eth0'] }],
    services: [{ service: shop, ips: [address], first: true }],
    failures: [],
  });
  for (const other of ['n2', 'n3']) expect(on(other, given)).toEqual({ addresses: [], services: [], failures: [] });
});

test('without a usable endpoint the owner is silent and says so', () => {
  const given = inputs({ services: [service('shop', [address])], slices: [] });
  expect(on('n1', given)).toMatchObject({ addresses: [], services: [], failures: [{ reason: 'noReadyEndpoints' }] });
  expect(failuresOn('n2', given)).toEqual([]);
});

test('addresses with most endpoints behind them come first', () => {
  const services = [201, 202, 203].map((last) => service(`s${last}`, [`192.0.2.${last}`]));
  const slices = [
    slice('s201', { n1: { ready: 1 } }),
    slice('s202', { n1: { ready: 3 } }),
    slice('s203', { n1: { ready: 2 } }),
  ];
  const given = inputs({ services, slices, nodes: [node('n1')] });
  expect(on('n1', given).addresses.map((one) => one.ip)).toEqual(['192.0.2.202', '192.0.2.203', '192.0.2.201']);
});

test.each(['hostAddresses', 'gateways'] as const)('an address among the %s is not answered by its owner', (known) => {
  const given = inputs({ services: [service('shop', [address])] });
  const refused = { addresses: [], services: [], failures: [{ reason: 'addressIsNodeAddress' }] };
  expect(on('n1', given, { [known]: new Set([ip(address)]) })).toMatchObject(refused);
});

test('both addresses of a dual-stack Service are announced, by one node, the IPv4 one first', () => {
  const ipv6 = '2001:db8::1';
  const given = inputs({
    services: [service('dual', [ipv6, address])],
    pools: [pool('lan', ['192.0.2.0/24', '2001:db8::/64'])],
    slices: [slice('dual', { n1: { ready: 1 } }), slice('dual', { n1: { ready: 1 } }, { addressType: 'IPv6' })],
  });
  const owners = names.map((name) => on(name, given)).filter(({ addresses }) => addresses.length > 0);
  expect(owners).toMatchObject([
    { addresses: [{ ip: address }, { ip: ipv6 }], services: [{ ips: [address, ipv6], first: true }], failures: [] },
  ]);
});

test('an IPv6 address without IPv6 endpoints is silent, and does not keep the IPv4 one from being announced', () => {
  const given = inputs({
    services: [service('dual', [address, '2001:db8::1'])],
    pools: [pool('lan', ['192.0.2.0/24', '2001:db8::/64'])],
  });
  expect(on('n1', given)).toMatchObject({
    addresses: [{ ip: address }],
    services: [{ ips: [address], first: true }],
    failures: [{ ip: '2001:db8::1', reason: 'noReadyEndpoints' }],
  });
});

test('a Service whose addresses have two owners belongs to that of the first', () => {
  const advertisements = [
    advertisement('a', { selectsPool: ({ name }) => name === 'a', selectsNode: (labels) => labels['name'] === 'n1' }),
    advertisement('b', { selectsPool: ({ name }) => name === 'b', selectsNode: (labels) => labels['name'] === 'n2' }),
  ];
  const pools = [pool('a', ['192.0.2.0/24']), pool('b', ['198.51.100.0/24'])];
  const nodes = names.map((name) => node(name, { labels: { name } }));
  const given = inputs({ services: [service('shop', ['198.51.100.1', address])], advertisements, pools, nodes });
  expect(on('n1', given).services).toMatchObject([{ ips: [address], first: true }]);
  expect(on('n2', given).services).toMatchObject([{ ips: ['198.51.100.1'], first: false }]);
});

describe('a failure without an owner is reported by exactly one node', () => {
  const shop = service('shop', [address]);
  test.each<[string, Parameters<typeof inputs>[0], string]>([
    ['noEligibleNode', { services: [shop], advertisements: [advertisement('x', { selectsNode: () => false })] }, 'n1'],
    ['noAdvertisement', { services: [shop], advertisements: [] }, 'n1'],
    ['noEligibleNode', { services: [shop], speakerNodes: new Set() }, 'n1'],
    [
      'noEligibleNode',
      { services: [shop], nodes: names.map((name) => node(name, { ready: name !== 'n1', networkUnavailable: true })) },
      'n3',
    ],
  ])('%s', (reason, given, reporter) => {
    for (const name of names) expect(failuresOn(name, inputs(given))).toEqual(name === reporter ? [reason] : []);
  });
});

test('noEligibleNode says which nodes fall to which rule', () => {
  const label = 'node.kubernetes.io/exclude-from-external-load-balancers';
  const nodes = [
    node('n1', { labels: { [label]: '' } }),
    node('n2', { networkUnavailable: true }),
    node('n3'),
    node('n4'),
  ];
  const given = inputs({
    services: [service('shop', [address], { externalTrafficPolicy: 'Local' })],
    nodes,
    speakerNodes: new Set(['n1', 'n2', 'n3', 'n4']),
    slices: [slice('shop', { n9: { ready: 1 } })],
  });
  expect(on('n1', given).failures.map(({ message }) => message)).toEqual([
    `no node may announce 192.0.2.200: 1 of 4 nodes: label ${label} (remove it, or run the speakers with --ignore-exclude-lb); ` +
      '1 of 4 nodes: condition NetworkUnavailable; 2 of 4 nodes: no usable endpoint there (externalTrafficPolicy is Local)',
  ]);
});

test('noEligibleNode names the sharer that no advertisement matches', () => {
  const annotations = { 'metallb.io/allow-shared-ip': 'key' };
  const services = ['a', 'b'].map((name) => service(name, [address], { annotations, labels: { app: name } }));
  const advertisements = [advertisement('a', { selectsService: (labels) => labels['app'] === 'a' })];
  expect(on('n1', inputs({ services, advertisements })).failures.map(({ message }) => message)).toEqual([
    '192.0.2.200 is shared with Service "web/b", which no L2Advertisement matches',
    '192.0.2.200 is shared with Service "web/b", which no L2Advertisement matches',
  ]);
});

/** Some cluster: every address that is answered must have exactly one node that answers it. */
const cluster = fc
  .record({
    nodes: fc.uniqueArray(
      fc.record({
        name: fc.integer({ min: 1, max: 9 }).map((number) => `n${number}`),
        ready: fc.boolean(),
        networkUnavailable: fc.boolean(),
      }),
      { selector: ({ name }) => name, minLength: 1, maxLength: 6 },
    ),
    services: fc.array(
      fc.record({
        last: fc.integer({ min: 200, max: 205 }),
        shared: fc.boolean(),
        local: fc.boolean(),
        endpoints: fc.subarray(['n1', 'n2', 'n3', 'n4']),
      }),
      { maxLength: 8 },
    ),
  })
  .map((some) => {
    const nodes = some.nodes.map(({ name, ...fields }) => node(name, fields));
    const services = some.services.map(({ last, shared, local }, index) =>
      service(`s${index}`, [`192.0.2.${last}`], {
        createdMs: index,
        annotations: shared ? { 'metallb.io/allow-shared-ip': 'key' } : {},
        externalTrafficPolicy: local ? 'Local' : 'Cluster',
      }),
    );
    const slices = some.services.map(({ endpoints }, index) =>
      slice(`s${index}`, Object.fromEntries(endpoints.map((name) => [name, { ready: 1 }]))),
    );
    return inputs({ nodes, services, slices });
  });

test('nodes that know the same never answer one address twice, and whoever is desired is the same in any order', () => {
  fc.assert(
    fc.property(cluster, (given) => {
      const answers = given.nodes.flatMap(({ name }) => on(name, given).addresses.map((one) => one.ip));
      expect(new Set(answers).size).toBe(answers.length);
      const reversed = { ...given, nodes: given.nodes.toReversed(), services: given.services.toReversed() };
      for (const { name } of given.nodes) {
        const own = (from: Inputs): string[] =>
          on(name, from)
            .addresses.map((one) => one.ip)
            .toSorted();
        expect(own(reversed)).toEqual(own(given));
      }
    }),
  );
});

test('every failure has exactly one reporter', () => {
  fc.assert(
    fc.property(cluster, (given) => {
      const failures = given.nodes.flatMap(({ name }) => on(name, given).failures);
      const keys = failures.map((failure) => `${failure.ip} ${failure.service.key} ${failure.reason}`);
      expect(new Set(keys).size).toBe(keys.length);
      const answered = new Set(given.nodes.flatMap(({ name }) => on(name, given).services.map((one) => one.service)));
      for (const one of given.services) {
        expect(answered.has(one) || failures.some((failure) => failure.service === one)).toBe(true);
      }
    }),
  );
});
