// Every kind of fault changes something: a run with it leaves another footprint than the same run without it.
import { expect, test } from 'vitest';
import { Dice } from '#test/simulation/explore/dice.ts';
import { faultKinds, type FaultKind } from '#test/simulation/explore/fault-kinds.ts';
import { soak } from '#test/simulation/explore/soak.ts';
import type { Fault, ScheduledFault } from '#test/simulation/faults/fault.ts';
import { Footprint } from '#test/simulation/play/footprint.ts';
import { randomFor } from '#test/simulation/time/random.ts';
import { World } from '#test/simulation/world/world.ts';

const topology = { nodes: 3, services: 8, pools: 2, poolAddresses: 8, controllers: 3, clients: 2 };
const faultAtMs = 20_000;
const forMs = 90_000;
/** So that there is something to be hindered. */
const everyday: readonly ScheduledFault[] = [
  { atMs: faultAtMs + 500, fault: { kind: 'service replaced', index: 3 } },
  { atMs: faultAtMs + 700, fault: { kind: 'endpoints flap', index: 5, forMs: 10_000 } },
  { atMs: faultAtMs + 900, fault: { kind: 'crash', program: 'controller', node: 'n2', backAfterMs: 500 } },
  { atMs: faultAtMs + 950, fault: { kind: 'crash', program: 'speaker', node: 'n2', backAfterMs: 500 } },
  { atMs: faultAtMs + 1_000, fault: { kind: 'watches reset' } },
];
/** Those that cannot hinder anything yet have no weight. */
const drawnKinds = (Object.keys(faultKinds) as readonly FaultKind[]).filter((kind) => faultKinds[kind].weight > 0);
const seeds = [1, 2, 3, 4, 5, 6, 7, 8];

function footprint(schedule: readonly ScheduledFault[]): number {
  const world = new World({ ...topology, seed: 1 });
  const print = new Footprint(world);
  world.observe(print);
  world.boot();
  world.plan(schedule);
  world.run(forMs);
  world.finish();
  return print.hash;
}

/** Not every one hits somebody: a Service may have the policy that it is given. */
function drawn(kind: FaultKind): readonly Fault[] {
  return seeds.map((seed) => {
    const dice = new Dice(randomFor(seed, `effect of ${kind}`), topology);
    return { kind, ...faultKinds[kind].draw(dice) } as Fault;
  });
}

const without = footprint(everyday);

test('a run leaves the same footprint each time', () => {
  expect(footprint(everyday)).toBe(without);
});

test('every kind is drawn by one of the fixed seeds', () => {
  const fixed = Array.from({ length: 200 }, (_, index) => soak({ seed: index + 1, forMs: 300_000 }));
  const kinds = new Set(fixed.flatMap(({ schedule }) => schedule.map(({ fault }) => fault.kind)));
  expect(drawnKinds.filter((kind) => !kinds.has(kind))).toEqual([]);
});

test.each(drawnKinds)('%s', (kind) => {
  const hasEffect = drawn(kind).some((fault) => footprint([...everyday, { atMs: faultAtMs, fault }]) !== without);
  expect(hasEffect).toBe(true);
});
