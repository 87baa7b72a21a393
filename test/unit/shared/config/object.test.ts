import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ipAddressPoolSpec } from '#shared/api/ip-address-pool.ts';
import { l2AdvertisementSpec } from '#shared/api/l2-advertisement.ts';
import { parseConfigObject } from '#shared/config/object.ts';
import { json, pool } from './objects.ts';

const parse = parseConfigObject(ipAddressPoolSpec);

test('an object keeps its metadata, gets the defaults of its spec, and loses what is not known', () => {
  const object = json('a', { addresses: ['192.0.2.0/24'], unknown: 1 }, { labels: { tier: 'web' }, created: 5 });
  expect(parse(object)).toEqual({
    view: {
      key: 'metallb-system/a',
      namespace: 'metallb-system',
      name: 'a',
      uid: 'uid-a',
      createdMs: 5_000,
      labels: { tier: 'web' },
      generation: 1,
      spec: { addresses: ['192.0.2.0/24'], autoAssign: true, avoidBuggyIPs: false },
    },
  });
});

test('an absent spec is an empty one', () => {
  const { spec: _, ...withoutSpec } = json('a', undefined) as { readonly spec: unknown };
  expect(parseConfigObject(l2AdvertisementSpec)(withoutSpec)).toMatchObject({ view: { spec: {} } });
});

test('an object above the bounds of its schema stays readable', () => {
  const addresses = Array.from({ length: 600 }, () => `10.0.0.0/24${' '.repeat(100)}`);
  const spec = { addresses, serviceAllocation: { priority: -1, namespaces: ['a', 'a'] } };
  expect(pool('a', spec)).toMatchObject({ spec });
});

test('a spec of another structure leaves an object with faults that name the fields', () => {
  const object = pool('a', { addresses: ['192.0.2.0/24', 7], autoAssign: 'yes' });
  expect('faults' in object && object.faults.map(({ field }) => field)).toEqual([
    'spec.addresses[1]',
    'spec.autoAssign',
  ]);
});

test.each([
  ['nothing', undefined],
  ['text', 'object'],
  ['no metadata', { spec: {} }],
  ['no uid', { metadata: { namespace: 'a', name: 'b', creationTimestamp: '2026-01-01T00:00:00Z' } }],
  ['no namespace', { metadata: { name: 'b', uid: 'c', creationTimestamp: '2026-01-01T00:00:00Z' } }],
  ['a time that is none', { metadata: { namespace: 'a', name: 'b', uid: 'c', creationTimestamp: 'yesterday' } }],
])('%s is a problem', (_, object) => {
  expect(parse(object)).toEqual({ problem: expect.any(String) });
});

test('anything is a view or a problem, never an exception', () => {
  fc.assert(
    fc.property(fc.anything(), fc.anything(), fc.anything(), (object, spec, labels) => {
      const dressed = json('a', spec, { labels: labels as Record<string, string> });
      for (const candidate of [object, dressed])
        expect(['view', 'problem']).toContain(Object.keys(parse(candidate))[0]);
    }),
  );
});
