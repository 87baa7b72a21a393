import { describe, expect, test } from 'vitest';
import type { Pool } from '#shared/config/pool.ts';
import type { ServiceView } from '#shared/kube/objects/service.ts';
import { addressesOf, findHolders } from '#speaker/desired/holders.ts';
import { advertisement, ip, pool, service } from '../views.ts';

const address = ip('192.0.2.200');
const names = (holders: readonly { readonly service: ServiceView }[]): string[] =>
  holders.map((one) => one.service.name);

const holdersOf = (services: readonly ServiceView[]) => {
  const { sharing = [], duplicates = [] } = findHolders(services, [], []).get(address) ?? {};
  return { sharing: names(sharing), duplicates: names(duplicates) };
};

test('the addresses of a Service are those of its status: canonical, each once, without host names', () => {
  const ingress = [
    { ip: '2001:DB8:0::1' },
    { hostname: 'lb.example', entry: {} },
    { ip: '192.0.2.200' },
    { ip: '2001:db8::1' },
    { ip: 'nonsense' },
  ];
  expect([...addressesOf(service('shop', [], { ingress }))]).toEqual(['2001:db8::1', '192.0.2.200']);
});

const showing = (name: string, fields: Partial<ServiceView>): ServiceView => service(name, [address], fields);
const shared = (key: string) => ({ annotations: { 'metallb.io/allow-shared-ip': key } });
const legacy = (key: string) => ({ annotations: { 'metallb.universe.tf/allow-shared-ip': key } });

describe('of two Services that show one address', () => {
  test.each<[string, Partial<ServiceView>, Partial<ServiceView>, boolean]>([
    ['without keys one counts', {}, {}, false],
    ['with equal keys both count', shared('a'), shared('a'), true],
    ['with different keys one counts', shared('a'), shared('b'), false],
    ['with a key on one only one counts', shared('a'), {}, false],
    ['with empty keys one counts', shared(''), shared(''), false],
    ['the legacy name is a key too', shared('a'), legacy('a'), true],
    [
      'the new name wins, also when it is empty',
      shared('a'),
      { annotations: { ...shared('').annotations, ...legacy('a').annotations } },
      false,
    ],
  ])('%s', (_, older, newer, both) => {
    const services = [showing('newer', { ...newer, createdMs: 2 }), showing('older', { ...older, createdMs: 1 })];
    expect(holdersOf(services)).toEqual(
      both ? { sharing: ['older', 'newer'], duplicates: [] } : { sharing: ['older'], duplicates: ['newer'] },
    );
  });

  test('of equal age the lower uid counts', () => {
    const services = [showing('a', { uid: '2' }), showing('b', { uid: '1' })];
    expect(holdersOf(services)).toEqual({ sharing: ['b'], duplicates: ['a'] });
  });
});

const annotated = (name: string) =>
  service('shop', [address], { annotations: { 'metallb.io/ip-allocated-from-pool': name } });
const covering = (name: string, fields: Partial<Pool> = {}) => pool(name, ['192.0.2.0/24'], fields);
const elsewhere = (name: string, fields: Partial<Pool> = {}) => pool(name, ['198.51.100.0/24'], fields);

describe('the pool of an address', () => {
  test.each<[string, ServiceView, readonly Pool[], string | undefined]>([
    ['covers it', annotated(''), [elsewhere('a'), covering('b')], 'b'],
    ['is none when none covers it', annotated('a'), [elsewhere('a')], undefined],
    [
      'is the oldest that covers it',
      annotated(''),
      [covering('a', { createdMs: 2 }), covering('b', { createdMs: 1 })],
      'b',
    ],
    ['is the annotated one before an older', annotated('a'), [covering('a', { createdMs: 2 }), covering('b')], 'a'],
    ['is not the annotated one when that does not cover it', annotated('a'), [elsewhere('a'), covering('b')], 'b'],
    [
      'is the annotated one when that is frozen',
      annotated('a'),
      [elsewhere('a', { frozen: 'typo' }), covering('b')],
      'a',
    ],
  ])('%s', (_, shop, pools, expected) => {
    expect(findHolders([shop], pools, []).get(address)?.sharing[0]?.pool?.name).toBe(expected);
  });
});

describe('advertisements', () => {
  test('match both the pool and the Service', () => {
    const services = [service('shop', [address], { labels: { tier: 'web' } })];
    const advertisements = [
      advertisement('both', {
        selectsPool: ({ name }) => name === 'lan',
        selectsService: ({ tier }) => tier === 'web',
      }),
      advertisement('other-pool', { selectsPool: ({ name }) => name !== 'lan' }),
      advertisement('other-service', { selectsService: ({ tier }) => tier !== 'web' }),
    ];
    const [holder] = findHolders(services, [pool('lan', ['192.0.2.0/24'])], advertisements).get(address)?.sharing ?? [];
    expect(holder?.advertisements.map(({ name }) => name)).toEqual(['both']);
  });

  test('of Services that the same ones match are one array', () => {
    const services = [service('a', ['192.0.2.1']), service('b', ['192.0.2.2'])];
    const holders = findHolders(services, [pool('lan', ['192.0.2.0/24'])], [advertisement('all')]);
    const [a, b] = [...holders.values()].map(({ sharing }) => sharing[0]?.advertisements);
    expect(a).toBe(b);
  });
});
