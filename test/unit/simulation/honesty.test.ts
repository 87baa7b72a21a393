import { expect, test } from 'vitest';
import { Checkers, invariants } from '#test/simulation/checkers/all.ts';
import { dishonesties } from '#test/simulation/honesty/all.ts';
import { settle } from '#test/simulation/honesty/dishonesty.ts';
import { World } from '#test/simulation/world/world.ts';

const mostMs = 20_000;
const usual = { seed: 1, nodes: 3, services: 8, pools: 1, poolAddresses: 20, controllers: 2, clients: 2 };

test('every invariant is broken by some world', () => {
  const broken = new Set(dishonesties.map(({ breaks }) => breaks));
  expect(invariants.filter((invariant) => !broken.has(invariant))).toEqual([]);
});

test.each(dishonesties.map((dishonesty) => [`${dishonesty.breaks}: ${dishonesty.how}`, dishonesty] as const))(
  '%s',
  (_, { breaks, options, play }) => {
    const world = new World({ ...usual, ...options });
    const checkers = new Checkers(world);
    play(world);
    world.finish();
    checkers.finish();
    expect(checkers.violations.map(({ invariant }) => invariant)).toEqual([breaks]);
  },
  mostMs,
);

test(
  'an honest world breaks none',
  () => {
    const world = new World(usual);
    const checkers = new Checkers(world, { isThorough: true });
    settle(world);
    world.run(120_000);
    world.finish();
    checkers.finish();
    expect(checkers.violations).toEqual([]);
  },
  mostMs,
);
