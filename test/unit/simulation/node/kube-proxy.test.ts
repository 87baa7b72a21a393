import { expect, test } from 'vitest';
import { endpointSlices, services } from '#shared/kube/resources.ts';
import type { Ip } from '#shared/net/ip.ts';
import type { KubeObject } from '#test/simulation/apiserver/object.ts';
import { Store } from '#test/simulation/apiserver/store.ts';
import { KubeProxy } from '#test/simulation/node/kube-proxy.ts';
import { ServedServices } from '#test/simulation/node/served-services.ts';
import { randomFor } from '#test/simulation/time/random.ts';
import { ipOf, Stage } from '../stage.ts';

const vip = ipOf('192.0.2.100');
const other = ipOf('192.0.2.101');

type Condition = 'ready' | 'terminating' | 'not ready';
type Endpoint = readonly [node: string, condition: Condition];

const conditionsOf: Readonly<Record<Condition, object>> = {
  ready: {},
  terminating: { ready: false, serving: true, terminating: true },
  'not ready': { ready: false, serving: false, terminating: false },
};

const metadata = { namespace: 'web', uid: '', resourceVersion: '', creationTimestamp: '' };

function service(policy: 'Cluster' | 'Local', addresses: readonly Ip[] = [vip], fields: object = {}): KubeObject {
  return {
    metadata: { ...metadata, name: 'web' },
    spec: { type: 'LoadBalancer', externalTrafficPolicy: policy },
    status: { loadBalancer: { ingress: addresses.map((ip) => ({ ip, ipMode: 'VIP' })) } },
    ...fields,
  };
}

function slice(endpoints: readonly Endpoint[], name = 'web-1'): KubeObject {
  return {
    metadata: { ...metadata, name, labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4',
    endpoints: endpoints.map(([nodeName, condition]) => ({ nodeName, conditions: conditionsOf[condition] })),
  };
}

class Cluster extends Stage {
  readonly store = new Store();
  readonly services = new ServedServices(this.store);
  readonly proxies = [1, 2].map((number) => this.#proxy(number));
  readonly changes: (readonly Ip[] | undefined)[] = [];

  constructor() {
    super();
    this.segment.onPathsChanged((addresses) => this.changes.push(addresses));
  }

  #proxy(number: number) {
    const { kernel } = this.node(number);
    const random = randomFor(1, kernel.name);
    return { kernel, proxy: new KubeProxy(kernel, { scheduler: this.scheduler, random, services: this.services }) };
  }

  put(...objects: readonly KubeObject[]): void {
    for (const object of objects) this.store.put('endpoints' in object ? endpointSlices : services, object);
  }

  /** Of both nodes, after what changed has been written. */
  forwards(ip = vip): readonly boolean[] {
    this.advance(3000);
    return this.proxies.map(({ kernel }) => kernel.serves(ip));
  }
}

test.each<[string, 'Cluster' | 'Local', readonly Endpoint[], readonly boolean[]]>([
  ['one elsewhere', 'Cluster', [['n2', 'ready']], [true, true]],
  ['one elsewhere', 'Local', [['n2', 'ready']], [false, true]],
  ['none', 'Cluster', [], [false, false]],
  ['one that is not ready', 'Cluster', [['n1', 'not ready']], [false, false]],
  ['a terminating one only', 'Cluster', [['n1', 'terminating']], [true, true]],
  [
    'a terminating one here, a ready one there',
    'Local',
    [
      ['n1', 'terminating'],
      ['n2', 'ready'],
    ],
    [true, true],
  ],
  [
    'one not ready here',
    'Local',
    [
      ['n1', 'not ready'],
      ['n2', 'ready'],
    ],
    [false, true],
  ],
])('with endpoints: %s, policy %s', (_, policy, endpoints, expected) => {
  const cluster = new Cluster();
  cluster.put(service(policy), slice(endpoints));
  expect(cluster.forwards()).toEqual(expected);
});

test.each<[string, KubeObject]>([
  ['without an address', service('Cluster', [])],
  ['of another type', service('Cluster', [vip], { spec: { type: 'ClusterIP' } })],
  [
    'with an address that is a proxy',
    service('Cluster', [], { status: { loadBalancer: { ingress: [{ ip: vip, ipMode: 'Proxy' }] } } }),
  ],
  [
    'that is another proxy’s',
    service('Cluster', [vip], {
      metadata: { ...metadata, name: 'web', labels: { 'service.kubernetes.io/service-proxy-name': 'x' } },
    }),
  ],
])('a Service %s is not served', (_, object) => {
  const cluster = new Cluster();
  cluster.put(object, slice([['n1', 'ready']]));
  expect(cluster.forwards()).toEqual([false, false]);
});

test('rules follow within moments, not more often than once a second, and say what changed', () => {
  const cluster = new Cluster();
  cluster.advance(10_000);
  cluster.put(service('Cluster'), slice([['n1', 'ready']]));
  cluster.advance(1);
  expect(cluster.proxies.map(({ kernel }) => kernel.serves(vip))).toEqual([false, false]);
  cluster.advance(200);
  expect(cluster.proxies.map(({ kernel }) => kernel.serves(vip))).toEqual([true, true]);
  cluster.put(service('Cluster', [other]));
  cluster.advance(500);
  expect(cluster.proxies.map(({ kernel }) => kernel.serves(vip))).toEqual([true, true]);
  cluster.changes.length = 0;
  cluster.advance(1000);
  expect(cluster.proxies.map(({ kernel }) => [kernel.serves(vip), kernel.serves(other)])).toEqual([
    [false, true],
    [false, true],
  ]);
  expect(cluster.changes).toEqual([
    [vip, other],
    [vip, other],
  ]);
});

test('a slice that vanishes, or moves to another Service, is not used any more', () => {
  const cluster = new Cluster();
  cluster.put(service('Cluster'), slice([['n1', 'ready']]), slice([['n2', 'ready']], 'web-2'));
  expect(cluster.forwards()).toEqual([true, true]);
  cluster.store.remove(endpointSlices, 'web', 'web-1');
  expect(cluster.forwards()).toEqual([true, true]);
  const moved = slice([['n2', 'ready']], 'web-2');
  cluster.put({ ...moved, metadata: { ...moved.metadata, labels: { 'kubernetes.io/service-name': 'other' } } });
  expect(cluster.forwards()).toEqual([false, false]);
});

test('stuck, its rules stay; then it makes up for what it missed', () => {
  const cluster = new Cluster();
  cluster.put(service('Cluster'), slice([['n1', 'ready']]));
  expect(cluster.forwards()).toEqual([true, true]);
  const end = cluster.proxies[0]?.proxy.stick();
  cluster.store.remove(services, 'web', 'web');
  expect(cluster.forwards()).toEqual([true, false]);
  end?.();
  expect(cluster.forwards()).toEqual([false, false]);
});

test('stuck while it writes: that is written later', () => {
  const cluster = new Cluster();
  cluster.advance(10_000);
  cluster.put(service('Cluster'), slice([['n1', 'ready']]));
  cluster.advance(35);
  const ends = cluster.proxies.map(({ proxy }) => proxy.stick());
  expect(cluster.forwards()).toContain(false);
  for (const end of ends) end();
  expect(cluster.forwards()).toEqual([true, true]);
});

test('a node that goes off again while it starts has no rules', () => {
  const cluster = new Cluster();
  cluster.put(service('Cluster'), slice([['n1', 'ready']]));
  expect(cluster.forwards()).toEqual([true, true]);
  const [first] = cluster.proxies;
  first?.proxy.powerOff();
  first?.proxy.start();
  cluster.advance(500);
  first?.proxy.powerOff();
  expect(cluster.forwards()).toEqual([false, true]);
});

test('with its node its rules are gone; they come back some seconds after the boot', () => {
  const cluster = new Cluster();
  cluster.put(service('Cluster'), slice([['n1', 'ready']]));
  expect(cluster.forwards()).toEqual([true, true]);
  const [first] = cluster.proxies;
  first?.proxy.powerOff();
  first?.kernel.powerOff();
  expect(cluster.forwards()).toEqual([false, true]);
  first?.kernel.boot();
  first?.proxy.start();
  cluster.advance(900);
  expect(first?.kernel.serves(vip)).toBe(false);
  cluster.advance(3000);
  expect(first?.kernel.serves(vip)).toBe(true);
});

test('who asks for its health hears nothing while it hangs, and finds nobody while the node boots', () => {
  const { proxies, ...cluster } = new Cluster();
  const [proxy] = proxies.map((one) => one.proxy);
  if (proxy === undefined) throw new Error('no proxy');
  const answers = [proxy.answers];
  const end = proxy.stick();
  answers.push(proxy.answers);
  end();
  proxy.powerOff();
  answers.push(proxy.answers);
  proxy.start();
  cluster.scheduler.runUntil(5_000_000);
  expect([...answers, proxy.answers]).toEqual(['at once', 'never', 'not there', 'at once']);
});
