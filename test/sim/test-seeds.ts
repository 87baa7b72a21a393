// Plays seeds, each with a size of the cluster of its own.
import { expect, test } from 'vitest';
import { Coverage, playSeed } from '#test/simulation/explore/fixed-seeds.ts';

export function testSeeds(first: number, last: number): void {
  const coverage = new Coverage();
  const seeds = Array.from({ length: last - first + 1 }, (_, index) => first + index);

  test.each(seeds)('seed %i', (seed) => {
    const stage = playSeed(seed);
    coverage.add(stage);
    expect(stage.violations).toEqual([]);
  });

  test('clients sent flows', () => {
    expect(coverage.flows).toBeGreaterThan(0);
  });
}
