// Plays seeds, each with every size of the cluster.
import { expect, test } from 'vitest';
import { Coverage, playSeed, sizes } from '#test/simulation/explore/fixed-seeds.ts';

export function testSeeds(first: number, last: number): void {
  const coverage = new Coverage();
  const seeds = Array.from({ length: last - first + 1 }, (_, index) => first + index);

  test.each(seeds.flatMap((seed) => sizes.map((nodes) => [seed, nodes] as const)))(
    'seed %i, %i nodes',
    (seed, nodes) => {
      const stage = playSeed(seed, nodes);
      coverage.add(stage);
      expect(stage.violations).toEqual([]);
    },
  );

  test('clients sent flows', () => {
    expect(coverage.flows).toBeGreaterThan(0);
  });
}
