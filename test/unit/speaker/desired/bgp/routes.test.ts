import { describe, expect, test } from 'vitest';
import type { ServiceView } from '#shared/kube/objects/service.ts';
import type { RouteGate } from '#speaker/desired/bgp/contributions.ts';
import { desiredRoutes } from '#speaker/desired/bgp/routes.ts';
import { ip, node, service, slice } from '../../views.ts';
import { advertisements, aliases, gates, routeInputs, shown, type RouteFields } from './manifests.ts';

const web = service('web', ['192.0.2.200']);
const local = (fields: Partial<ServiceView> = {}): ServiceView =>
  service('web', ['192.0.2.200'], { externalTrafficPolicy: 'Local', ...fields });
const excluded = { 'node.kubernetes.io/exclude-from-external-load-balancers': '' };

function shownBy(spec: object): readonly string[] {
  return shown(desiredRoutes(routeInputs({ services: [web], advertisements: advertisements(['some', spec]) })));
}

describe('what a peer shall hold', () => {
  test('is each address of each Service, in both families', () => {
    const services = [service('web', ['192.0.2.200', '2001:db8::1']), service('mail', ['192.0.2.201'])];
    const routes = desiredRoutes(routeInputs({ services }));
    expect(shown(routes)).toEqual(['192.0.2.200/32', '192.0.2.201/32', '2001:db8::1/128']);
    expect(gates(routes)).toEqual([]);
  });

  test('is nothing without an advertisement, and an advertisement of others', () => {
    expect(shown(desiredRoutes(routeInputs({ services: [web], advertisements: [] })))).toEqual([]);
    const others = advertisements(['others', { serviceSelectors: [{ matchLabels: { app: 'mail' } }] }]);
    const routes = desiredRoutes(routeInputs({ services: [web], advertisements: others }));
    expect([...shown(routes), ...gates(routes)]).toEqual([]);
  });

  test.each([
    ['pools by name', { ipAddressPools: ['lan'] }, { ipAddressPools: ['other'] }],
    [
      'pools by labels',
      { ipAddressPoolSelectors: [{ matchExpressions: [{ key: 'zone', operator: 'DoesNotExist' }] }] },
      { ipAddressPoolSelectors: [{ matchLabels: { zone: 'a' } }] },
    ],
    [
      'nodes',
      { nodeSelectors: [{ matchExpressions: [{ key: 'rack', operator: 'DoesNotExist' }] }] },
      { nodeSelectors: [{ matchLabels: { rack: '1' } }] },
    ],
    [
      'Services',
      { serviceSelectors: [{ matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }] }] },
      { serviceSelectors: [{ matchLabels: { tier: '1' } }] },
    ],
  ])('is chosen by %s', (_, choosing, otherwise) => {
    expect(shownBy(choosing)).toEqual(['192.0.2.200/32']);
    expect(shownBy(otherwise)).toEqual([]);
  });

  test('is chosen by peers: those named, or all', () => {
    const named = advertisements(['left only', { peers: ['left', 'unknown'] }]);
    const routes = desiredRoutes(routeInputs({ services: [web], advertisements: named }));
    expect(shown(routes, 'left')).toEqual(['192.0.2.200/32']);
    expect(shown(routes, 'right')).toEqual([]);
    expect(routes.peersOfService).toEqual(new Map([[web, ['left']]]));
    const all = desiredRoutes(routeInputs({ services: [web] }));
    expect(all.tables.get('left')).toBe(all.tables.get('right'));
    expect(all.peersOfService).toEqual(new Map([[web, ['left', 'right']]]));
  });

  test('has the attributes of its advertisement', () => {
    const spec = {
      localPref: 200,
      med: 0,
      asPathPrepend: 2,
      communities: ['64512:100', 'large:64512:1:2', 'blue', 'red', 'unknown'],
    };
    const communities = aliases('blue=64512:7 red=large:1:2:3');
    const routes = desiredRoutes(
      routeInputs({ services: [web], advertisements: advertisements(['a', spec]), communities }),
    );
    expect(shown(routes)).toEqual([
      '192.0.2.200/32 pref 200 med 0 prepend 2 64512:7 64512:100 large:1:2:3 large:64512:1:2',
    ]);
  });

  test('is what it was when nothing changed', () => {
    const before = desiredRoutes(routeInputs({ services: [web] }));
    const after = desiredRoutes(routeInputs({ services: [service('web', ['192.0.2.200'])] }), before);
    expect(after.tables.get('left')?.IPv4).toBe(before.tables.get('left')?.IPv4);
  });
});

describe('U12: aggregates', () => {
  const wide = advertisements(['wide', { aggregationLength: 24, aggregationLengthV6: 64 }]);

  test('have their host bits cleared, and last as long as one member', () => {
    const services = [service('web', ['192.0.2.200', '2001:db8::1']), service('mail', ['192.0.2.9'])];
    const both = desiredRoutes(routeInputs({ services, advertisements: wide }));
    expect(shown(both)).toEqual(['192.0.2.0/24', '2001:db8::/64']);
    const slices = [slice('mail', { n1: { ready: 1 } })];
    const one = desiredRoutes(routeInputs({ services, advertisements: wide, slices }));
    expect(shown(one)).toEqual(['192.0.2.0/24']);
    expect(one.peersOfService).toEqual(new Map([[services[1], ['left', 'right']]]));
    expect(shown(desiredRoutes(routeInputs({ services, advertisements: wide, slices: [] })))).toEqual([]);
  });

  test('of other lengths are independent', () => {
    const both = [...wide, ...advertisements(['narrow'])];
    expect(shown(desiredRoutes(routeInputs({ services: [web], advertisements: both })))).toEqual([
      '192.0.2.0/24',
      '192.0.2.200/32',
    ]);
  });
});

describe('several advertisements of one prefix', () => {
  test('unite their communities', () => {
    const both = advertisements(
      ['a', { communities: ['1:1', '1:2'] }],
      ['b', { communities: ['1:2', '1:3'], localPref: 100 }],
    );
    expect(shown(desiredRoutes(routeInputs({ services: [web], advertisements: both })))).toEqual([
      '192.0.2.200/32 1:1 1:2 1:3',
    ]);
  });

  test.each([
    ['localPref', { localPref: 5 }],
    ['med', { med: 0 }],
    ['asPathPrepend', { asPathPrepend: 1 }],
  ])('that differ in %s withhold it, from the peers that both name', (field, spec) => {
    const both = advertisements(['a'], ['b', { ...spec, peers: ['left'] }]);
    const routes = desiredRoutes(routeInputs({ services: [web], advertisements: both }));
    expect(shown(routes, 'left')).toEqual([]);
    expect(shown(routes, 'right')).toEqual(['192.0.2.200/32']);
    expect(routes.peersOfService).toEqual(new Map([[web, ['right']]]));
    expect(routes.problems).toEqual([
      expect.objectContaining({
        object: expect.objectContaining({ kind: 'BGPAdvertisement', name: 'b' }),
        field: `spec.${field}`,
        reason: 'conflictingAdvertisements',
        message:
          'differs from that of BGPAdvertisement "a": 192.0.2.200/32 and whatever else both announce is withheld from BGPPeer "left" until they agree',
      }),
    ]);
  });

  test('are told of once, however many prefixes they withhold from however many peers', () => {
    const services = [web, service('mail', ['192.0.2.201', '2001:db8::2'])];
    const all = advertisements(
      ['a'],
      ['b', { med: 7 }],
      ['c', { peers: ['right'], aggregationLength: 24, aggregationLengthV6: 64 }],
    );
    const { problems } = desiredRoutes(routeInputs({ services, advertisements: all }));
    expect(problems.map(({ message }) => /withheld from (.*) until/.exec(message)?.[1])).toEqual([
      'BGPPeer "left", "right"',
    ]);
  });
});

describe('the gates', () => {
  test.each<[RouteGate, RouteFields]>([
    ['nodeNetworkUnavailable', { thisNode: node('n1', { networkUnavailable: true, labels: excluded }) }],
    ['nodeExcluded', { thisNode: node('n1', { labels: excluded }), slices: [] }],
    ['nodeDraining', { drain: 'over', slices: [] }],
    ['notInPool', { pools: [] }],
    ['addressIsNodeAddress', { nodes: [node('n2', { addresses: [ip('192.0.2.200')] })] }],
    ['noEndpoints', { slices: [], forwards: () => false }],
    ['noEndpoints', { slices: [slice('web', { n1: { ready: 1 } }, { addressType: 'IPv6' })] }],
    ['kubeProxyNotReady', { forwards: () => false }],
  ])('%s', (gate, fields) => {
    const routes = desiredRoutes(routeInputs({ services: [web], ...fields }));
    expect(gates(routes)).toEqual([`web 192.0.2.200 ${gate}`]);
    expect(shown(routes)).toEqual([]);
  });

  test.each([
    ['a cordoned node', { thisNode: node('n1', { unschedulable: true }) }],
    ['a node that is not Ready', { thisNode: node('n1', { ready: false }) }],
    ['an excluded node, if told so', { thisNode: node('n1', { labels: excluded }), ignoreExcludeLabel: true }],
    ['endpoints elsewhere', { slices: [slice('web', { n2: { ready: 1 } })] }],
    ['endpoints that terminate and serve', { slices: [slice('web', { n2: { servingTerminating: 1 } })] }],
  ])('are open on %s', (_, fields) => {
    expect(shown(desiredRoutes(routeInputs({ services: [web], ...fields })))).toEqual(['192.0.2.200/32']);
  });

  test('close on the younger of two Services that may not share', () => {
    const services = [service('old', ['192.0.2.200']), service('young', ['192.0.2.200'], { createdMs: 1 })];
    const routes = desiredRoutes(routeInputs({ services }));
    expect(gates(routes)).toEqual(['young 192.0.2.200 duplicateAddress']);
    expect([...routes.peersOfService.keys()].map(({ name }) => name)).toEqual(['old']);
  });

  test('U10: a node that drains asks everybody to go elsewhere first', () => {
    expect(shown(desiredRoutes(routeInputs({ services: [web], drain: 'announced' })))).toEqual([
      '192.0.2.200/32 pref 0 gracefulShutdown',
    ]);
  });
});

describe('externalTrafficPolicy Local, in two tiers', () => {
  test.each([
    ['ready here', { n1: { ready: 1 } }, []],
    ['ready here and elsewhere', { n1: { ready: 1 }, n2: { ready: 5 } }, []],
    ['terminating here, ready elsewhere', { n1: { servingTerminating: 1 }, n2: { ready: 1 } }, ['noLocalEndpoints']],
    ['ready elsewhere', { n2: { ready: 1 } }, ['noLocalEndpoints']],
    ['terminating here, ready nowhere', { n1: { servingTerminating: 1 }, n2: { servingTerminating: 1 } }, []],
    ['terminating elsewhere only', { n2: { servingTerminating: 1 } }, ['noLocalEndpoints']],
    ['nowhere', {}, ['noEndpoints']],
  ])('endpoints %s', (_, byNode, expected) => {
    const routes = desiredRoutes(routeInputs({ services: [local()], slices: [slice('web', byNode)] }));
    expect(gates(routes)).toEqual(expected.map((gate) => `web 192.0.2.200 ${gate}`));
    expect(shown(routes)).toEqual(expected.length === 0 ? ['192.0.2.200/32'] : []);
  });

  test('each family by its own endpoints', () => {
    const both = local({ ingress: [{ ip: '192.0.2.200' }, { ip: '2001:db8::1' }] });
    const slices = [slice('web', { n2: { ready: 1 } }), slice('web', { n1: { ready: 1 } }, { addressType: 'IPv6' })];
    expect(shown(desiredRoutes(routeInputs({ services: [both], slices })))).toEqual(['2001:db8::1/128']);
  });
});
