// Crash to first announcement, on a lossy LAN (layer2 §11).
import { expect, test } from 'vitest';
import { uniform } from '#shared/runtime/random.ts';
import { randomFor } from '#test/simulation/time/random.ts';
import { LanOfEngines } from './lan-of-engines.ts';

const seeds = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1);

interface Crash {
  readonly delaysMs: readonly number[];
  readonly movedOthers: number;
  readonly wronglyDown: number;
  readonly longestDualMs: number;
}

function crashOne(seed: number, nodes: number, lossPercent: number): Crash {
  const lan = new LanOfEngines({ seed, nodes, addresses: 2 * nodes, lossPercent });
  const random = randomFor(seed, 'crash');
  lan.settle();
  lan.run(uniform(random, 0, 200));
  const victim = lan.nodes[uniform(random, 0, nodes - 1)];
  if (victim === undefined) throw new Error('no such node');
  const before = new Map(lan.desired.map(({ ip }) => [ip, lan.ownersOf(ip)]));
  for (const owners of before.values()) expect(owners).toHaveLength(1);
  const crashedMs = lan.nowMs;
  lan.crash(victim);
  lan.run(1_500);
  const orphans = lan.desired.filter(({ ip }) => before.get(ip)?.includes(victim) === true);
  const delaysMs = orphans.map(({ ip }) => {
    const first = lan.announcements.find((announcement) => announcement.ip === ip);
    return (first?.atMs ?? Infinity) - crashedMs;
  });
  const others = lan.desired.filter((desired) => !orphans.includes(desired));
  return {
    delaysMs,
    movedOthers: others.filter(({ ip }) => lan.ownersOf(ip)[0] !== before.get(ip)?.[0]).length,
    wronglyDown: lan.effects.filter(
      ({ effect }) => effect.kind === 'memberChanged' && effect.to === 'down' && effect.id !== victim.id,
    ).length,
    longestDualMs: Math.max(0, ...lan.dual.map(({ fromMs, toMs }) => toMs - fromMs)),
  };
}

test.each([
  [2, 0, 25],
  [3, 0, 25],
  [5, 0, 10],
  [10, 0, 3],
  [2, 5, 50],
  [3, 5, 50],
  [5, 5, 25],
  [10, 5, 8],
])('%i nodes at %i percent loss: p50 ≤ 0.6 s, worst ≤ 1.0 s, and nothing else moves', (nodes, loss, runs) => {
  const crashes = seeds(runs).map((seed) => crashOne(seed, nodes, loss));
  const delaysMs = crashes.flatMap((crash) => crash.delaysMs).toSorted((a, b) => a - b);
  expect(delaysMs.length).toBeGreaterThan(runs);
  expect(delaysMs[delaysMs.length >> 1]).toBeLessThanOrEqual(600);
  expect(delaysMs.at(-1)).toBeLessThanOrEqual(1_000);
  expect(crashes.reduce((sum, crash) => sum + crash.movedOthers + crash.wronglyDown, 0)).toBe(0);
  expect(Math.max(...crashes.map((crash) => crash.longestDualMs))).toBeLessThanOrEqual(150);
});
