import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseService, type ServiceView } from '#shared/kube/objects/service.ts';
import { deepEqual } from '#shared/runtime/equal.ts';
import { problemOf, raw, viewOf } from './raw.ts';

test('a Service with everything', () => {
  const parsed = parseService(
    raw('shop', {
      metadata: {
        labels: { app: 'shop' },
        annotations: {
          'metallb.io/loadBalancerIPs': '192.0.2.1',
          'metallb.universe.tf/address-pool': 'lan',
          'example.com/other': 'x',
        },
        deletionTimestamp: '2026-01-02T00:00:00Z',
        managedFields: [{ manager: 'kubectl' }],
      },
      spec: {
        clusterIPs: ['10.96.0.1', 'FD00::0001'],
        ipFamilies: ['IPv4', 'IPv6'],
        ipFamilyPolicy: 'RequireDualStack',
        loadBalancerClass: 'ingot.dev/lan',
        loadBalancerIP: '192.0.2.1',
        externalTrafficPolicy: 'Local',
        internalTrafficPolicy: 'Local',
        healthCheckNodePort: 30_000,
        selector: { app: 'shop' },
        ports: [
          { name: 'web', protocol: 'TCP', port: 80, nodePort: 31_000 },
          { port: 53, protocol: 'UDP' },
        ],
      },
      status: {
        loadBalancer: { ingress: [{ ip: '2001:DB8::1', ipMode: 'VIP' }, { hostname: 'shop.example', ports: [] }, {}] },
        conditions: [
          { type: 'ingot.dev/Allocated', status: 'True', reason: 'Allocated', message: 'm', lastTransitionTime: 't' },
          { type: 'example.com/Other', status: 'True', reason: 'R', message: '' },
        ],
      },
    }),
  );
  expect(viewOf(parsed)).toEqual({
    key: 'web/shop',
    namespace: 'web',
    name: 'shop',
    uid: 'uid-shop',
    createdMs: Date.UTC(2026, 0, 1),
    deleting: true,
    labels: { app: 'shop' },
    annotations: { 'metallb.io/loadBalancerIPs': '192.0.2.1', 'metallb.universe.tf/address-pool': 'lan' },
    clusterIPs: ['10.96.0.1', 'fd00::1'],
    ipFamilies: ['IPv4', 'IPv6'],
    ipFamilyPolicy: 'RequireDualStack',
    loadBalancerClass: 'ingot.dev/lan',
    loadBalancerIP: '192.0.2.1',
    externalTrafficPolicy: 'Local',
    internalTrafficPolicy: 'Local',
    healthCheckNodePort: 30_000,
    selector: { app: 'shop' },
    ports: [
      { protocol: 'TCP', port: 80 },
      { protocol: 'UDP', port: 53 },
    ],
    ingress: [{ ip: '2001:db8::1' }, { hostname: 'shop.example', entry: { hostname: 'shop.example', ports: [] } }],
    conditions: [{ type: 'ingot.dev/Allocated', status: 'True', reason: 'Allocated', message: 'm' }],
  } satisfies Record<keyof ServiceView, unknown>);
});

test('a Service with nothing but a name is as the apiserver would default it', () => {
  expect(viewOf(parseService(raw('bare')))).toMatchObject({
    deleting: false,
    labels: {},
    annotations: {},
    clusterIPs: [],
    ipFamilies: [],
    ipFamilyPolicy: 'SingleStack',
    loadBalancerClass: undefined,
    loadBalancerIP: undefined,
    externalTrafficPolicy: 'Cluster',
    internalTrafficPolicy: 'Cluster',
    healthCheckNodePort: undefined,
    selector: {},
    ports: [],
    ingress: [],
    conditions: [],
  });
});

test.each<[string, object, Partial<ServiceView>]>([
  ['null is absent', { selector: null, ports: null }, { selector: {}, ports: [] }],
  ['empty text is absent', { loadBalancerClass: '', loadBalancerIP: '' }, { loadBalancerClass: undefined }],
  ['port zero is absent', { healthCheckNodePort: 0 }, { healthCheckNodePort: undefined }],
  ['families follow from the cluster addresses', { clusterIPs: ['fd00::1'] }, { ipFamilies: ['IPv6'] }],
  ['clusterIP alone', { clusterIP: '10.96.0.1' }, { clusterIPs: ['10.96.0.1'], ipFamilies: ['IPv4'] }],
  ['headless', { clusterIPs: ['None'], ipFamilies: ['IPv4'] }, { clusterIPs: ['None'], ipFamilies: ['IPv4'] }],
  ['a protocol is TCP', { ports: [{ port: 80 }] }, { ports: [{ protocol: 'TCP', port: 80 }] }],
  ['a policy that is not known yet', { externalTrafficPolicy: 'Near' }, { externalTrafficPolicy: 'Cluster' }],
])('%s', (_, spec, fields) => {
  expect(viewOf(parseService(raw('some', { spec })))).toMatchObject(fields);
});

test.each([
  ['nothing', undefined, 'metadata.name: expected a value'],
  ['a text', 'Service', ': expected an object'],
  ['no uid', raw('some', { metadata: { uid: '' } }), 'metadata.uid: expected a value'],
  ['no time', raw('some', { metadata: { creationTimestamp: 'then' } }), 'metadata.creationTimestamp: expected a time'],
  ['a text as spec', raw('some', { spec: 'x' }), 'spec: expected an object'],
  ['a number as label', raw('some', { metadata: { labels: { a: 1 } } }), 'metadata.labels[a]: expected a string'],
  ['a text as port', raw('some', { spec: { ports: [{ port: '80' }] } }), 'spec.ports[0].port: expected an integer'],
  ['an object as list', raw('some', { spec: { ports: {} } }), 'spec.ports: expected a list'],
])('%s is a problem', (_, object, problem) => {
  expect(problemOf(parseService(object))).toBe(problem);
});

const whole = raw('some', {
  spec: { ports: [{ port: 80 }], selector: { app: 'some' }, clusterIPs: ['10.96.0.1'], ipFamilies: ['IPv4'] },
  status: { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] }, conditions: [{ type: 'ingot.dev/Allocated' }] },
});

/** All paths through an object. */
function paths(value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) return [[]];
  return [[], ...Object.entries(value).flatMap(([name, inner]) => paths(inner).map((path) => [name, ...path]))];
}

function replaced(value: unknown, [name, ...path]: readonly string[], by: unknown): unknown {
  if (name === undefined) return by;
  const copy = structuredClone(value) as Record<string, unknown>;
  copy[name] = replaced(copy[name], path, by);
  return copy;
}

test('whatever stands in the place of a field, it is a view or a problem, and the same twice', () => {
  fc.assert(
    fc.property(fc.constantFrom(...paths(whole)), fc.jsonValue(), (path, value) => {
      const object = replaced(whole, path, value);
      expect(deepEqual(parseService(object), parseService(structuredClone(object)))).toBe(true);
    }),
  );
});
