import { expect, test } from 'vitest';
import fc from 'fast-check';
import { territoryOf } from '#controller/allocation/territory.ts';
import { capacityOf } from '#controller/allocation/usage.ts';
import type { Pool } from '#shared/config/pool.ts';
import type { Family } from '#shared/net/ip.ts';
import { pool } from '#test/unit/controller/objects.ts';

const dotted = (value: number): string => `10.1.${value >> 8}.${value & 255}`;

function capacity(of: Pool, family: Family): number | undefined {
  const [space] = territoryOf([of]).oldestFirst;
  return space && capacityOf(space, family);
}

test.each<[string, readonly string[], boolean, number, number]>([
  ['a /24', ['10.1.0.0/24'], false, 256, 0],
  ['a /24 without .0 and .255', ['10.1.0.0/24'], true, 254, 0],
  ['a /16 without .0 and .255', ['10.1.0.0/16'], true, 65_024, 0],
  ['one address that is avoided', ['10.1.0.255/32'], true, 0, 0],
  ['a range over a border', ['10.1.0.250-10.1.1.5'], true, 10, 0],
  ['entries that overlap', ['10.1.0.0/24', '10.1.0.128-10.1.1.127'], false, 384, 0],
  ['IPv6 ends in 255 too, and is not avoided', ['2001:db8::/120'], true, 0, 256],
  ['a /75 of IPv6: exactly 2^53, one too many to tell', ['2001:db8::/75'], false, 0, 9_007_199_254_740_991],
  ['a /76 of IPv6', ['2001:db8::/76'], false, 0, 2 ** 52],
  ['all of IPv6', ['::/0'], false, 0, 9_007_199_254_740_991],
  ['both families', ['10.1.0.0/30', '2001:db8::/126'], false, 4, 4],
])('capacity of %s', (_, addresses, avoidBuggyIPs, ipv4, ipv6) => {
  const counted = pool('a', addresses, { avoidBuggyIPs });
  expect([capacity(counted, 'IPv4'), capacity(counted, 'IPv6')]).toEqual([ipv4, ipv6]);
});

test('capacity equals a count of the addresses', () => {
  const range = fc.tuple(fc.integer({ min: 0, max: 1_500 }), fc.integer({ min: 0, max: 600 }));
  fc.assert(
    fc.property(fc.array(range, { minLength: 1, maxLength: 4 }), fc.boolean(), (ranges, avoidBuggyIPs) => {
      const entries = ranges.map(([first, size]) => `${dotted(first)}-${dotted(first + size)}`);
      const values = new Set(
        ranges.flatMap(([first, size]) => Array.from({ length: size + 1 }, (_, index) => first + index)),
      );
      const usable = [...values].filter((value) => !avoidBuggyIPs || (value % 256 !== 0 && value % 256 !== 255));
      expect(capacity(pool('a', entries, { avoidBuggyIPs }), 'IPv4')).toBe(usable.length);
    }),
  );
});
