import { expect, test } from 'vitest';
import fc from 'fast-check';
import { addressAt } from '#controller/allocation/address.ts';
import { holdsAddress } from '#controller/allocation/pool-space.ts';
import { gives, giverOf, poolsHolding, territoryOf } from '#controller/allocation/territory.ts';
import type { Pool } from '#shared/config/pool.ts';
import { address, pool } from '#test/unit/controller/objects.ts';

const namesHolding = (pools: readonly Pool[], ip: string): string[] =>
  poolsHolding(territoryOf(pools), address(ip)).map((space) => space.pool.name);

test('pools that hold an address are named oldest first, the oldest gives it', () => {
  const pools = [pool('young', ['10.1.0.0/24'], { createdMs: 2 }), pool('old', ['10.1.0.128/25'], { createdMs: 1 })];
  expect(namesHolding(pools, '10.1.0.200')).toEqual(['old', 'young']);
  expect(namesHolding(pools, '10.1.0.1')).toEqual(['young']);
  expect(namesHolding(pools, '10.2.0.1')).toEqual([]);
  expect(giverOf(territoryOf(pools), address('10.1.0.200'))?.pool.name).toBe('old');
});

test('of two pools of one second the lower uid counts as older', () => {
  const pools = [pool('a', ['10.1.0.0/30'], { uid: '2' }), pool('b', ['10.1.0.0/30'], { uid: '1' })];
  expect(namesHolding(pools, '10.1.0.1')).toEqual(['b', 'a']);
});

test('what a pool avoids it neither holds nor gives, and no younger pool gives it', () => {
  const pools = [
    pool('old', ['10.1.0.0/30'], { avoidBuggyIPs: true, createdMs: 1 }),
    pool('young', ['10.1.0.0/30'], { createdMs: 2 }),
  ];
  expect(namesHolding(pools, '10.1.0.0')).toEqual(['young']);
  const territory = territoryOf(pools);
  expect(territory.oldestFirst.map((space) => gives(territory, space, address('10.1.0.0')))).toEqual([false, false]);
});

test('spans stand in the order of the entries, without what was named before', () => {
  const [space] = territoryOf([pool('a', ['10.1.0.8-10.1.0.11', '10.1.0.0/28', '10.1.0.20/32'])]).oldestFirst;
  const texts = space?.given.IPv4.map(
    ({ first, last }) => `${addressAt('IPv4', first).ip}-${addressAt('IPv4', last).ip}`,
  );
  expect(texts).toEqual(['10.1.0.8-10.1.0.11', '10.1.0.0-10.1.0.7', '10.1.0.12-10.1.0.15', '10.1.0.20-10.1.0.20']);
});

test('pinned pools are tried by priority, then name, with none and 0 last; open ones by name', () => {
  const { pinned, open, frozen } = territoryOf([
    pool('d', ['10.1.0.0/32'], { serviceAllocation: {} }),
    pool('c', ['10.1.0.1/32'], { serviceAllocation: { priority: 0 } }),
    pool('b', ['10.1.0.2/32'], { serviceAllocation: { priority: 20 } }),
    pool('a', ['10.1.0.3/32'], { serviceAllocation: { priority: 20 } }),
    pool('z', ['10.1.0.4/32'], { serviceAllocation: { priority: 1 } }),
    pool('y', ['10.1.0.5/32']),
    pool('x', ['10.1.0.6/32']),
    pool('manual', ['10.1.0.7/32'], { autoAssign: false }),
    pool('broken', ['10.1.0.8/32', 'nonsense']),
  ]);
  expect([pinned, open, frozen].map((spaces) => spaces.map((space) => space.pool.name).join(' '))).toEqual([
    'z a b c d',
    'x y',
    'broken',
  ]);
});

test('however pools overlap: each address is given by the oldest pool that covers it, once', () => {
  const entry = fc
    .tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 12 }))
    .map(([first, size]) => `10.1.0.${first}-10.1.0.${first + size}`);
  const entries = fc.array(fc.array(entry, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(entries, fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 4, maxLength: 4 }), (lists, ages) => {
      const pools = lists.map((list, index) => pool(`p${index}`, list, { createdMs: ages[index] ?? 0 }));
      const territory = territoryOf(pools);
      for (let last = 0; last < 60; last++) {
        const candidate = address(`10.1.0.${last}`);
        const holding = territory.oldestFirst.filter((space) => holdsAddress(space, candidate));
        const giving = territory.oldestFirst.filter((space) =>
          space.given.IPv4.some(({ first, last: end }) => first <= candidate.value && candidate.value <= end),
        );
        expect(giving).toEqual(holding.slice(0, 1));
        expect(holding.map((space) => space.pool)).toEqual(
          territory.oldestFirst
            .map((space) => space.pool)
            .filter(({ ranges }) =>
              ranges.some((range) => range.first <= candidate.value && candidate.value <= range.last),
            ),
        );
        expect(poolsHolding(territory, candidate)).toEqual(holding);
        expect(giverOf(territory, candidate)?.pool).toBe(holding[0]?.pool);
      }
    }),
  );
});
