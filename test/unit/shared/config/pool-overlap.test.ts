import fc from 'fast-check';
import { expect, test } from 'vitest';
import { poolOverlaps } from '#shared/config/pool-overlap.ts';
import { parsePool, type Pool } from '#shared/config/pool.ts';
import { pool } from './objects.ts';

function pools(addresses: Readonly<Record<string, readonly string[]>>): readonly Pool[] {
  return Object.entries(addresses).map(([name, entries]) => parsePool(pool(name, { addresses: entries })).value);
}

function messages(of: readonly Pool[]): readonly string[] {
  return poolOverlaps(of)
    .map(({ object, message }) => `${object.name}: ${message}`)
    .toSorted();
}

test.each([
  ['in different addresses', { x: ['192.0.2.0/25'], y: ['192.0.2.128/25'] }],
  ['in neighbouring ranges', { x: ['192.0.2.0-192.0.2.9'], y: ['192.0.2.10-192.0.2.20'] }],
  ['with equal numbers in different families', { x: ['0.0.0.16/28'], y: ['::10/124'] }],
])('pools %s do not overlap', (_, addresses) => {
  expect(poolOverlaps(pools(addresses))).toEqual([]);
});

test('pools that overlap each name the other', () => {
  expect(messages(pools({ x: ['198.51.100.0/24'], y: ['203.0.113.0/24', '198.51.100.10-198.51.100.20'] }))).toEqual([
    'x: CIDR "198.51.100.0/24" in pool "x" overlaps with already defined CIDR "198.51.100.10-198.51.100.20" in pool "y"',
    'y: CIDR "198.51.100.10-198.51.100.20" in pool "y" overlaps with already defined CIDR "198.51.100.0/24" in pool "x"',
  ]);
  expect(poolOverlaps(pools({ x: ['::/64'], y: ['::/48'] }))[0]).toMatchObject({
    object: { kind: 'IPAddressPool', namespace: 'metallb-system' },
    field: 'spec.addresses',
    reason: 'AddressOverlap',
    severity: 'error',
  });
});

test('an address twice in one pool is an overlap too', () => {
  expect(messages(pools({ x: ['192.0.2.0/24', '192.0.2.7/32'] }))).toEqual([
    expect.stringMatching(/^x: CIDR "192\.0\.2\.0\/24" in pool "x" .* CIDR "192\.0\.2\.7\/32" in pool "x"$/),
  ]);
});

test('a pool that overlaps with very many names sixteen', () => {
  const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`p${index}`, ['192.0.2.0/24']]));
  const counts = Map.groupBy(poolOverlaps(pools(many)), ({ object }) => object.name);
  expect(counts.size).toBe(100);
  expect(Math.max(...[...counts.values()].map(({ length }) => length))).toBe(16);
});

const entry = fc
  .tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 20 }))
  .map(([first, length]) => `192.0.2.${first}-192.0.2.${first + length}`);

test('exactly the pools that a comparison of all with all finds have a conflict, and with pools that they overlap with', () => {
  fc.assert(
    fc.property(fc.array(fc.array(entry, { minLength: 1, maxLength: 4 }), { maxLength: 8 }), (entries) => {
      const all = pools(Object.fromEntries(entries.map((addresses, index) => [`p${index}`, addresses])));
      const pairs = new Set<string>();
      for (const a of all) {
        for (const b of all) {
          const overlap = a.ranges.some((one, i) =>
            b.ranges.some((other, j) => !(a === b && i === j) && one.first <= other.last && other.first <= one.last),
          );
          if (overlap) pairs.add(`${a.name} ${b.name}`);
        }
      }
      const found = poolOverlaps(all).map(
        ({ object, message }) => `${object.name} ${/in pool "([^"]*)"$/.exec(message)?.[1]}`,
      );
      expect(new Set(found)).toEqual(pairs);
    }),
  );
});
