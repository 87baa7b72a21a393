// The subset of seeds that every change is played with; many more are in the tier `sim`.
import { expect, test } from 'vitest';
import { Coverage, playSeed } from '#test/simulation/explore/fixed-seeds.ts';
import { Stage } from '#test/simulation/play/stage.ts';
import { nodeCrash } from '#test/simulation/scenarios/node-crash.ts';

const coverage = new Coverage();
/** In 138 two nodes answer for an address. */
const seeds = [...Array.from({ length: 29 }, (_, index) => index + 1), 138];

test.each(seeds)('seed %i', (seed) => {
  const stage = playSeed(seed);
  coverage.add(stage);
  expect(stage.violations).toEqual([]);
});

test('a node crash by itself', () => {
  const { name, topology, script } = nodeCrash;
  const stage = new Stage({ name, seed: 1, topology });
  stage.play(script);
  coverage.add(stage);
  expect(stage.violations).toEqual([]);
});

test('every invariant was judged on something, and clients sent flows', () => {
  expect(coverage.neverJudged).toEqual([]);
  expect(coverage.flows).toBeGreaterThan(0);
});
