import { describe, expect, test } from 'vitest';
import type { L2Advertisement } from '#shared/config/l2-advertisement.ts';
import type { ServiceView } from '#shared/kube/objects/service.ts';
import { announce } from '#speaker/desired/announcements.ts';
import { advertisement, inputs, ip, node, nodeId, pool, service, slice } from '../views.ts';

const address = '192.0.2.200';
const sharing = { annotations: { 'metallb.io/allow-shared-ip': 'key' } };

describe('an address is refused', () => {
  const shop = service('shop', [address]);
  test.each([
    ['that lies in no pool', { services: [shop], pools: [] }, 'notInPool'],
    ['that no advertisement matches', { services: [shop], advertisements: [] }, 'noAdvertisement'],
    [
      'that a node has',
      { services: [shop], nodes: [node('n1', { addresses: [ip(address)] })] },
      'addressIsNodeAddress',
    ],
    [
      'that lies in no pool, even if a node has it',
      { services: [shop], pools: [], nodes: [node('n1', { addresses: [ip(address)] })] },
      'notInPool',
    ],
  ])('%s', (_, given, reason) => {
    const { announcements, refusals } = announce(inputs(given));
    expect(announcements).toEqual([]);
    expect(refusals).toEqual([expect.objectContaining({ ip: address, service: shop, reason })]);
  });
});

test('the younger of two Services that may not share is refused, the older announced', () => {
  const [older, younger] = [service('a', [address]), service('b', [address], { createdMs: 1 })];
  const { announcements, refusals } = announce(inputs({ services: [younger, older] }));
  expect(announcements.map(({ holders }) => holders.map((holder) => holder.service))).toEqual([[older]]);
  expect(refusals).toEqual([
    {
      ip: address,
      service: younger,
      reason: 'duplicateAddress',
      message: '192.0.2.200 belongs to the older Service "web/a", and the two have no sharing key in common',
    },
  ]);
});

test('two Services of another load balancer that show one address out of all pools are left alone', () => {
  const services = [service('a', ['198.51.100.1']), service('b', ['198.51.100.1'])];
  expect(announce(inputs({ services })).refusals.map(({ reason }) => reason)).toEqual(['notInPool']);
});

const candidateNames = (given: Parameters<typeof inputs>[0]): (readonly string[])[] =>
  announce(inputs(given)).announcements.map(({ candidates }) =>
    ['n1', 'n2', 'n3'].filter((name) => candidates.has(nodeId(name))),
  );

describe('externalTrafficPolicy Local', () => {
  const local = service('shop', [address], { externalTrafficPolicy: 'Local' });

  test('takes nodes with an endpoint', () => {
    const slices = [slice('shop', { n1: { ready: 1 }, n2: { servingTerminating: 1 } })];
    expect(candidateNames({ services: [local], slices })).toEqual([['n1']]);
  });

  test('keeps all nodes as candidates of a silent address', () => {
    const given = { services: [local], slices: [] };
    expect(announce(inputs(given)).announcements).toMatchObject([{ answer: false }]);
    expect(candidateNames(given)).toEqual([['n1', 'n2', 'n3']]);
  });
});

const preferringN2 = (weight: number) => [{ weight, matches: ({ name }: { name?: string }) => name === 'n2' }];

const onNodes = (name: string, selected: readonly string[], fields: Partial<L2Advertisement> = {}): L2Advertisement =>
  advertisement(name, {
    selectsService: (labels) => labels['app'] === name,
    selectsNode: (labels) => selected.includes(labels['name'] ?? ''),
    ...fields,
  });
const sharer = (name: string, fields: Partial<ServiceView> = {}): ServiceView =>
  service(name, [address], { ...sharing, labels: { app: name }, ...fields });

describe('a shared address', () => {
  const nodes = ['n1', 'n2', 'n3'].map((name) => node(name, { labels: { name } }));
  const everywhere = { n1: { ready: 1 }, n2: { ready: 1 }, n3: { ready: 1 } };

  test('has the candidates that all its Services have', () => {
    const advertisements = [onNodes('a', ['n1', 'n2']), onNodes('b', ['n2', 'n3'])];
    expect(candidateNames({ services: [sharer('a'), sharer('b')], nodes, advertisements })).toEqual([['n2']]);
  });

  test('has no candidate when they have none in common', () => {
    const advertisements = [onNodes('a', ['n1']), onNodes('b', ['n3'])];
    expect(candidateNames({ services: [sharer('a'), sharer('b')], nodes, advertisements })).toEqual([[]]);
  });

  test('has no candidate when one of its Services is not advertised', () => {
    const advertisements = [onNodes('a', ['n1', 'n2'])];
    expect(candidateNames({ services: [sharer('a'), sharer('b')], nodes, advertisements })).toEqual([[]]);
  });

  test('leaves out Services without a usable endpoint', () => {
    const advertisements = [onNodes('a', ['n1']), onNodes('b', ['n3'])];
    const given = { services: [sharer('a'), sharer('b')], nodes, advertisements, slices: [slice('b', everywhere)] };
    expect(candidateNames(given)).toEqual([['n3']]);
  });

  test('adds up preferences and unites interfaces', () => {
    const advertisements = [
      onNodes('a', ['n1', 'n2'], { interfaces: ['eth0'], preferredNodes: preferringN2(5) }),
      onNodes('b', ['n1', 'n2'], { interfaces: ['eth1'], preferredNodes: preferringN2(7) }),
    ];
    const { announcements } = announce(inputs({ services: [sharer('a'), sharer('b')], nodes, advertisements }));
    expect(announcements[0]?.candidates).toEqual(
      new Map([
        [nodeId('n1'), { preference: 0, interfaces: ['eth0', 'eth1'], hasReadyEndpoint: true }],
        [nodeId('n2'), { preference: 12, interfaces: ['eth0', 'eth1'], hasReadyEndpoint: true }],
      ]),
    );
  });
});

test('both families of a Service have one placement key, its IPv4 address', () => {
  const dual = service('dual', ['2001:db8::1', address]);
  const pools = [pool('lan', ['192.0.2.0/24', '2001:db8::/64'])];
  const { announcements } = announce(inputs({ services: [dual], pools }));
  expect(announcements.map(({ ip: one, placementKey }) => [one, placementKey])).toEqual([
    ['2001:db8::1', address],
    [address, address],
  ]);
});
