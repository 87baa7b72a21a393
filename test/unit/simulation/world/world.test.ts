import { expect, test } from 'vitest';
import type { Fault } from '#test/simulation/faults/fault.ts';
import type { Outage } from '#test/simulation/observer.ts';
import { World } from '#test/simulation/world/world.ts';

function startWorld(options: Partial<ConstructorParameters<typeof World>[0]> = {}) {
  const usual = { seed: 1, nodes: 3, services: 10, pools: 1, poolAddresses: 20, controllers: 2, clients: 2 };
  const world = new World({ ...usual, ...options });
  const outages: Outage[] = [];
  const ended: string[] = [];
  world.observe({
    outage: (outage) => outages.push(outage),
    ended: ({ name }, exception) => ended.push(`${name} ${exception === undefined ? 'ended' : 'failed'}`),
  });
  world.boot();
  world.run(30_000);
  outages.length = 0;
  return { world, outages, ended };
}

/** Addresses that no client reaches now. */
function unreached({ shown, clients }: World): readonly string[] {
  return shown.all.filter((ip) => !clients.some((client) => client.reaches(ip)));
}

test('a cluster comes up: every Service has an address, and clients reach it', () => {
  const { world } = startWorld();
  const holders = world.shown.all.flatMap((ip) => [...world.shown.holders(ip).keys()]);
  expect(holders.toSorted()).toEqual(Array.from({ length: 10 }, (_, index) => `web/s${index}`));
  expect(unreached(world)).toEqual([]);
});

const hashOf = (seed: number): string => startWorld({ seed }).world.trace.hash;

test('a run is a function of the seed', () => {
  expect(hashOf(1)).toBe(hashOf(1));
  expect(hashOf(1)).not.toBe(hashOf(2));
});

test('who knows an address loses nothing when speakers are killed or asked to end', () => {
  const { world, outages, ended } = startWorld();
  world.apply({ kind: 'roll', program: 'speaker', everyMs: 5_000, forMs: 20_000 });
  world.apply({ kind: 'crash', program: 'speaker', node: 'n1', backAfterMs: 1_000 });
  world.run(60_000);
  expect(ended.toSorted()).toEqual(['n1/speaker#1 ended', 'n2/speaker#1 ended', 'n3/speaker#1 ended']);
  expect(outages).toEqual([]);
  expect(unreached(world)).toEqual([]);
});

test('a machine that loses its power takes its addresses along, until others are to have them', () => {
  const { world, outages } = startWorld();
  const before = new Set(unreached(world));
  world.apply({ kind: 'power loss', node: 'n2', forMs: 300_000 });
  world.run(200);
  const lost = unreached(world).filter((ip) => !before.has(ip));
  expect(lost.length).toBeGreaterThan(0);
  world.run(90_000);
  expect(unreached(world)).toEqual([]);
  expect(outages.map(({ ip }) => ip).toSorted()).toEqual(lost.toSorted());
});

test.each<Fault>([
  { kind: 'api outage', forMs: 60_000 },
  { kind: 'api restart', forMs: 3_000, emptyListsMs: 5_000 },
  { kind: 'clock step', node: 'n1', byMs: -3_600_000 },
  { kind: 'pause', program: 'speaker', node: 'n1', thread: 'cluster', forMs: 20_000 },
  { kind: 'watches reset' },
])('clients lose nothing: $kind', (fault) => {
  const { world, outages } = startWorld();
  world.apply(fault);
  world.run(120_000);
  expect(outages).toEqual([]);
});

test('a thread that hangs while the other runs ends the process, and the kubelet starts it again', () => {
  const { world, ended } = startWorld();
  world.apply({ kind: 'pause', program: 'speaker', node: 'n1', thread: 'wire', forMs: 20_000 });
  world.run(30_000);
  expect(ended).toEqual(['n1/speaker#1 ended']);
  expect(world.machine('n1').process('speaker')?.name).toBe('n1/speaker#2');
});
