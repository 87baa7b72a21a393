// One seed in twenty gives the same trace twice, and in another process with another heap limit.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { soak } from '#test/simulation/explore/soak.ts';
import { playCase } from '#test/simulation/play/play-case.ts';

const seeds = Array.from({ length: 10 }, (_, index) => 20 * index + 1);
const forMs = 120_000;
const main = join(import.meta.dirname, '../simulation/main.ts');

test.each(seeds)('seed %i', (seed) => {
  const hashes = [1, 2].map(() => playCase(soak({ seed, forMs })).world.trace.hash);
  expect(hashes[1]).toBe(hashes[0]);
  const printed = execFileSync(
    process.execPath,
    ['--max-old-space-size=300', main, '--seed', String(seed), '--minutes', '2'],
    {
      encoding: 'utf8',
    },
  );
  expect(/hash=(\w+)/.exec(printed)?.[1]).toBe(hashes[0]);
});
