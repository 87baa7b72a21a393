// How much a plan looks at: counted, not timed, so that a slow machine changes nothing. The bounds leave a factor of ten.
import { expect, test } from 'vitest';
import type { Held } from '#controller/plan.ts';
import type { Pool } from '#shared/config/pool.ts';
import { decisionsOf, planOf, settled, worldOf } from '#test/unit/controller/world.ts';
import { held, pool, shares, type ServiceOptions } from '#test/unit/controller/objects.ts';

const many = 2_000;
const margin = 10;

function services(count: number, options: (index: number) => ServiceOptions = () => ({})): Held[] {
  return Array.from({ length: count }, (_, index) => held(`s${index}`, { createdMs: index, ...options(index) }));
}

test.each<[string, readonly Held[], readonly Pool[], number]>([
  ['new Services from a /16', services(many), [pool('a', ['10.1.0.0/16'])], many],
  [
    'new Services from a /64',
    services(many, () => ({ clusterIPs: ['fd00::1'] })),
    [pool('a', ['2001:db8::/64'])],
    many,
  ],
  ['pending Services of a full pool', services(many), [pool('a', ['10.1.0.0/32'])], 1],
  [
    'pending Services of a thousand full pools',
    services(3_000),
    Array.from({ length: 1_000 }, (_, index) =>
      pool(`p${index}`, [`10.1.${index >> 8}.${index & 255}/32`], { createdMs: index }),
    ),
    3_000,
  ],
  ['Services of one key and port', services(many, () => shares('k')), [pool('a', ['10.1.0.0/16'])], many],
  [
    'Services of one key that fill addresses',
    services(many, (index) => shares('k', index % 1_000)),
    [pool('a', ['10.1.0.0/16'])],
    many,
  ],
  ['avoided addresses', services(many), [pool('a', ['10.1.0.0/16'], { avoidBuggyIPs: true })], many],
])('%s', (_, pending, pools, amount) => {
  expect(planOf(worldOf(pending, pools)).lookups).toBeLessThanOrEqual(margin * amount);
});

test('Services that keep their addresses are looked at once each', () => {
  const world = settled(worldOf(services(many), [pool('a', ['10.1.0.0/16'])]));
  expect(planOf(world).lookups).toBeLessThanOrEqual(2 * many);
});

test('a half-full pool costs no more than an empty one', () => {
  const world = settled(worldOf(services(many), [pool('a', ['10.1.0.0/16'])]));
  const half = {
    ...world,
    services: world.services.map((each, index) =>
      index % 2 === 0 ? each : { ...each, current: [], fromPool: undefined },
    ),
  };
  expect(planOf(half).lookups).toBeLessThanOrEqual(margin * many);
  expect([...decisionsOf(half).values()].every(({ addresses }) => addresses.length === 1)).toBe(true);
});
