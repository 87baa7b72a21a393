// What once went wrong: every case in test/simulation/regressions.
import { expect, test } from 'vitest';
import { expectFine } from '#test/simulation/play/expect-fine.ts';
import { playCase } from '#test/simulation/play/play-case.ts';
import { regressions } from '#test/simulation/regressions/regression.ts';

test.each([...regressions()])('%s', (slug, { case: played }) => {
  const stage = playCase(played);
  expectFine(stage, `npm run sim -- --schedule test/simulation/regressions/${slug}.json`);
  expect(stage.violations).toEqual([]);
});
