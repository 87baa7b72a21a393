// A part of the hand-written scenarios, each with each of its seeds.
import { describe, expect, test } from 'vitest';
import { expectFine } from '#test/simulation/play/expect-fine.ts';
import { Stage } from '#test/simulation/play/stage.ts';
import { scenarios } from '#test/simulation/scenarios/all.ts';

export function testScenarios(part: number, parts: number): void {
  const own = scenarios.filter((_, index) => index % parts === part);
  describe.each(own)('$name', ({ name, seeds, topology, script }) => {
    test.each(seeds)('seed %i', (seed) => {
      const stage = new Stage({ name, seed, topology });
      stage.play(script);
      expectFine(stage, `npm run sim -- --seed ${seed} --scenario '${name}'`);
      expect(stage.violations).toEqual([]);
    });
  });
}
