import fc from 'fast-check';
import { expect, test } from 'vitest';
import { aggregationProblems, widestPrefixBits } from '#shared/config/aggregation.ts';
import { parseBGPAdvertisement, type BGPAdvertisement } from '#shared/config/bgp-advertisement.ts';
import { parsePool } from '#shared/config/pool.ts';
import { parseRange, type Range } from '#shared/net/range.ts';
import { bgpAdvertisement, pool } from './objects.ts';

function range(text: string): Range {
  const parsed = parseRange(text);
  if ('error' in parsed) throw new Error(parsed.error);
  return parsed;
}

function advertisement(spec: object): BGPAdvertisement {
  const { value } = parseBGPAdvertisement(bgpAdvertisement('a', spec));
  if (value === undefined) throw new Error('no advertisement');
  return value;
}

test.each([
  ['198.51.100.0/24', 24],
  ['198.51.100.1/32', 32],
  ['0.0.0.0/0', 0],
  ['198.51.100.0-198.51.100.255', 24],
  ['198.51.100.1-198.51.100.254', 26],
  ['198.51.100.10-198.51.100.20', 30],
  ['198.51.100.3-198.51.100.4', 32],
  ['2001:db8::/64', 64],
  ['2001:db8::1-2001:db8::ffff', 113],
])('the widest prefix inside %s is a /%d', (text, bits) => {
  expect(widestPrefixBits(range(text))).toBe(bits);
});

test('no wider prefix fits', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 300 }), (start, length) => {
      const [first, last] = [BigInt(start), BigInt(start + length)];
      const fits = (bits: number): boolean => {
        const size = 1 << (32 - bits);
        const aligned = Math.ceil(start / size) * size;
        return aligned + size - 1 <= start + length;
      };
      const widest = [...Array(33).keys()].find((bits) => bits >= 20 && fits(bits));
      expect(widestPrefixBits({ family: 'IPv4', first, last })).toBe(widest);
    }),
  );
});

const pools = [
  parsePool(pool('wide', { addresses: ['198.51.100.0/24', '2001:db8::/48'] })).value,
  parsePool(pool('narrow', { addresses: ['203.0.113.0/26', '203.0.113.64/28', '2001:db8:1::/64'] })).value,
];

test('the default lengths suit every pool', () => {
  expect(aggregationProblems([advertisement({})], pools)).toEqual([]);
});

test('a pool that is narrower than the aggregate is named with its narrowest entry', () => {
  expect(aggregationProblems([advertisement({ aggregationLength: 26 })], pools)).toEqual([
    {
      object: { kind: 'BGPAdvertisement', namespace: 'metallb-system', name: 'a', uid: 'uid-a' },
      field: 'spec.aggregationLength',
      message:
        'invalid aggregation length 26: prefix 28 in this pool is more specific than the aggregation length for addresses 203.0.113.64/28',
      reason: 'InvalidAggregation',
      severity: 'error',
    },
  ]);
});

test('IPv6 is aggregated by its own length', () => {
  expect(aggregationProblems([advertisement({ aggregationLengthV6: 56 })], pools)).toMatchObject([
    { field: 'spec.aggregationLengthV6', message: expect.stringContaining('2001:db8:1::/64') },
  ]);
});

test('only the pools that the advertisement selects count', () => {
  expect(aggregationProblems([advertisement({ aggregationLength: 26, ipAddressPools: ['wide'] })], pools)).toEqual([]);
});
