import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { desired, type Desired } from '#speaker/desired/desired.ts';
import type { Inputs, ThisNode } from '#speaker/desired/inputs.ts';
import type { Ip } from '#shared/net/ip.ts';
import { advertisement, inputs, ip, node, nodeId, pool, service, slice } from '../views.ts';

// What concerns 192.0.2.200 is reported by n1, without it by n3.
const address = '192.0.2.200';
const names = ['n1', 'n2', 'n3'];
const nothing: ReadonlySet<Ip> = new Set();
const on = (name: string, given: Inputs, known: Partial<ThisNode> = {}): Desired =>
  desired(given, { name, hostAddresses: nothing, gateways: nothing, ...known });
const failuresOn = (name: string, given: Inputs): string[] => on(name, given).failures.map(({ reason }) => reason);
const dualPools = [pool('lan', ['192.0.2.0/24', '2001:db8::/64'])];

test('every node knows who may own an address, and where', () => {
  const shop = service('shop', [address]);
  const given = inputs({ services: [shop], advertisements: [advertisement('some', { interfaces: ['eth0'] })] });
  const candidate = { interfaces: ['eth0'], preference: 0, hasReadyEndpoint: true };
  const candidates = new Map(names.map((name) => [nodeId(name), candidate]));
  for (const name of names) {
    const { addresses, services, failures } = on(name, given);
    expect(addresses).toEqual([{ ip: address, placementKey: address, candidates, answer: true, release: false }]);
    expect(services).toEqual(new Map([[address, [{ service: shop, first: address }]]]));
    expect(failures).toEqual([]);
  }
});

test('without a usable endpoint an address keeps its candidates and is not answered', () => {
  const given = inputs({ services: [service('shop', [address])], slices: [] });
  expect(on('n1', given).addresses).toMatchObject([{ answer: false, release: false, candidates: { size: 3 } }]);
});

describe('an address is released', () => {
  const local = service('shop', [address], { externalTrafficPolicy: 'Local' });
  const releasedOn = (slices: Parameters<typeof slice>[1]): string[] => {
    const given = inputs({ services: [local], slices: [slice('shop', slices)] });
    return names.filter((name) => on(name, given).addresses.some(({ release }) => release));
  };

  test.each<[string, Parameters<typeof slice>[1], readonly string[]]>([
    ['by nodes without an endpoint when others have one', { n1: { ready: 1 } }, ['n2', 'n3']],
    [
      'by nodes whose endpoint terminates when others have a ready one',
      { n1: { ready: 1 }, n2: { servingTerminating: 1 } },
      ['n2', 'n3'],
    ],
    ['by nobody when there is no usable endpoint anywhere', {}, []],
    ['by nodes without an endpoint when the only ones terminate', { n3: { servingTerminating: 1 } }, ['n1', 'n2']],
  ])('%s', (_, slices, released) => {
    expect(releasedOn(slices)).toEqual(released);
  });

  test('never where every node forwards', () => {
    const given = inputs({ services: [service('shop', [address])], slices: [slice('shop', { n1: { ready: 1 } })] });
    expect(on('n2', given).addresses).toMatchObject([{ release: false }]);
  });
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

test('an address of this machine is left out, and this node says so', () => {
  const given = inputs({ services: [service('shop', [address])] });
  const refused = { addresses: [], failures: [{ reason: 'addressIsNodeAddress' }] };
  expect(on('n2', given, { hostAddresses: new Set([ip(address)]) })).toMatchObject(refused);
});

test('an address of the gateway is left out on all nodes that have it, and one of them says so', () => {
  const given = inputs({ services: [service('shop', [address])] });
  const everywhere = names.map((name) => on(name, given, { gateways: new Set([ip(address)]) }));
  expect(everywhere.map(({ addresses }) => addresses.length)).toEqual([0, 0, 0]);
  expect(everywhere.map(({ failures }) => failures.map(({ reason }) => reason))).toEqual([
    ['addressIsNodeAddress'],
    [],
    [],
  ]);
});

test('both addresses of a dual-stack Service have one placement key; the IPv4 one speaks for the Service', () => {
  const ipv6 = '2001:db8::1';
  const given = inputs({
    services: [service('dual', [ipv6, address])],
    pools: dualPools,
    slices: [slice('dual', { n1: { ready: 1 } }), slice('dual', { n1: { ready: 1 } }, { addressType: 'IPv6' })],
  });
  const { addresses, services } = on('n1', given);
  expect(addresses).toMatchObject([
    { ip: address, placementKey: address },
    { ip: ipv6, placementKey: address },
  ]);
  expect([...services.values()].map((behind) => behind.map(({ first }) => first))).toEqual([[address], [address]]);
});

test('where the IPv4 address has no endpoint the IPv6 one speaks for the Service', () => {
  const ipv6 = '2001:db8::1';
  const given = inputs({
    services: [service('dual', [address, ipv6])],
    pools: dualPools,
    slices: [slice('dual', { n1: { ready: 1 } }, { addressType: 'IPv6' })],
  });
  expect(on('n1', given).services.get(ip(address))).toMatchObject([{ first: ipv6 }]);
});

describe('a failure is reported by exactly one node', () => {
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

test('that an address lies in no LAN is reported by one of its candidates', () => {
  const nodes = names.map((name) => node(name, { labels: { name } }));
  const notN1 = advertisement('some', { selectsNode: (labels) => labels['name'] !== 'n1' });
  const given = inputs({ services: [service('shop', [address])], nodes, advertisements: [notN1] });
  expect(names.filter((name) => on(name, given).reports(ip(address)))).toEqual(['n3']);
  expect(names.filter((name) => on(name, given).reports(ip('192.0.2.9')))).toEqual([]);
});

test('noEligibleNode says which nodes fall to which rule', () => {
  const label = 'node.kubernetes.io/exclude-from-external-load-balancers';
  const nodes = [
    node('n1', { labels: { [label]: '' } }),
    node('n2', { networkUnavailable: true }),
    node('n3'),
    node('n4', { drainSignals: ['taint:example.com/going'] }),
  ];
  const given = inputs({
    services: [service('shop', [address], { externalTrafficPolicy: 'Local' })],
    nodes,
    speakerNodes: new Set(['n1', 'n2', 'n3', 'n4']),
    slices: [slice('shop', { n9: { ready: 1 } })],
  });
  expect(on('n1', given).failures.map(({ message }) => message)).toEqual([
    `no node may announce 192.0.2.200: 1 of 4 nodes: label ${label} (remove it, or run the speakers with --ignore-exclude-lb); ` +
      '1 of 4 nodes: condition NetworkUnavailable; 1 of 4 nodes: no usable endpoint there (externalTrafficPolicy is Local); ' +
      '1 of 4 nodes: drain signal taint:example.com/going',
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

/** Some cluster. */
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

const saidOn = (name: string, given: Inputs): unknown =>
  on(name, given).addresses.map(({ ip: one, placementKey, candidates, answer }) => [
    one,
    placementKey,
    candidates,
    answer,
  ]);

test('nodes that know the same say the same of every address, in any order; only what they release differs', () => {
  fc.assert(
    fc.property(cluster, (given) => {
      const reversed = { ...given, nodes: given.nodes.toReversed(), services: given.services.toReversed() };
      const [first = given.nodes[0]] = given.nodes;
      for (const { name } of given.nodes) expect(saidOn(name, reversed)).toEqual(saidOn(first?.name ?? '', given));
    }),
  );
});

test('who releases an address is no candidate for it', () => {
  fc.assert(
    fc.property(cluster, (given) => {
      for (const { name } of given.nodes) {
        const released = on(name, given).addresses.filter(({ release }) => release);
        expect(released.filter(({ candidates }) => candidates.has(nodeId(name)))).toEqual([]);
      }
    }),
  );
});

test('every failure has exactly one reporter, and what does not fail has candidates', () => {
  fc.assert(
    fc.property(cluster, (given) => {
      const failures = given.nodes.flatMap(({ name }) => on(name, given).failures);
      const keys = failures.map((failure) => `${failure.ip} ${failure.service.key} ${failure.reason}`);
      expect(new Set(keys).size).toBe(keys.length);
      const { byIp, services } = on('n1', given);
      const placeable = [...services].filter(([one]) => (byIp.get(one)?.candidates.size ?? 0) > 0);
      const announced = new Set(placeable.flatMap(([, behind]) => behind.map((entry) => entry.service)));
      for (const one of given.services) {
        expect(announced.has(one) || failures.some((failure) => failure.service === one)).toBe(true);
      }
    }),
  );
});
