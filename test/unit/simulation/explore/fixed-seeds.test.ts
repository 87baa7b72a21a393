// The subset of seeds that every change is played with; many more are in the tier `sim`.
import { expect, test } from 'vitest';
import { Coverage, playSeed, sizes } from '#test/simulation/explore/fixed-seeds.ts';
import { Stage } from '#test/simulation/play/stage.ts';
import { nodeCrash } from '#test/simulation/scenarios/node-crash.ts';
import { drainSaidFirst } from '#test/simulation/scenarios/routers.ts';
import { speakerCrash } from '#test/simulation/scenarios/speaker-crash.ts';

const coverage = new Coverage();
const seeds = Array.from({ length: 24 }, (_, index) => index + 1);
const forMs = 60_000;
const mostMs = 20_000;

test.each(seeds)(
  'seed %i',
  (seed) => {
    const stage = playSeed(seed, sizes[seed % sizes.length] ?? 1, forMs);
    coverage.add(stage);
    expect(stage.violations).toEqual([]);
  },
  mostMs,
);

test.each([nodeCrash, speakerCrash, drainSaidFirst])(
  '$name by itself',
  ({ name, topology, script }) => {
    const stage = new Stage({ name, seed: 1, topology });
    stage.play(script);
    coverage.add(stage);
    expect(stage.violations).toEqual([]);
  },
  mostMs,
);

test('every invariant was judged on something, and clients sent flows', () => {
  expect(coverage.neverJudged).toEqual([]);
  expect(coverage.flows).toBeGreaterThan(0);
});
