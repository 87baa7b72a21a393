// Plays seeds with several sizes of the cluster.
import { expect, test } from 'vitest';
import { Coverage, playSeed } from '#test/simulation/explore/fixed-seeds.ts';

const sizes = [2, 3, 5];

export function testSeeds(first: number, last: number): void {
  const coverage = new Coverage();
  const seeds = Array.from({ length: last - first + 1 }, (_, index) => first + index);

  test.each(seeds)('seed %i', (seed) => {
    for (const nodes of sizes) {
      const stage = playSeed(seed, nodes);
      coverage.add(stage);
      expect(stage.violations).toEqual([]);
    }
  });

  test('clients sent flows', () => {
    expect(coverage.flows).toBeGreaterThan(0);
  });
}
