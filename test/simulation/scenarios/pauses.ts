// Threads stand still: what was received meanwhile is old when it is looked at. Addresses stay where they are unless it takes too long.
import type { Fault } from '../faults/fault.ts';
import { expectAllServed, expectSameOwners, expectUnmoved, owners, shown } from './look.ts';
import type { Scenario } from './scenario.ts';

function paused(name: string, faults: readonly Fault[], forMs: number, stays = true): Scenario {
  return {
    name,
    topology: { nodes: 3, services: 12, pools: 1, poolAddresses: 16, controllers: 2, clients: 3 },
    seeds: [1, 2],
    script: (stage) => {
      stage.run(20_000);
      const before = shown(stage);
      const answering = owners(stage);
      for (const fault of faults) stage.apply(fault);
      stage.run(forMs + 15_000);
      expectUnmoved(stage, before);
      if (stays) expectSameOwners(stage, answering, 'by a pause');
      expectAllServed(stage);
    },
  };
}

const pause = (node: string, thread: 'cluster' | 'wire' | 'all', forMs: number): Fault => {
  return { kind: 'pause', program: 'speaker', node, thread, forMs };
};

export const garbageCollection = paused(
  'garbage collection',
  [{ kind: 'garbage collection', forMs: 600_000 }],
  600_000,
);
export const wirePaused = paused('wire thread paused for 2 s', [pause('n1', 'wire', 2_000)], 2_000);
export const wireHung = paused('wire thread hung for 60 s', [pause('n1', 'wire', 60_000)], 60_000, false);
export const allPaused = paused(
  'all speakers paused at once',
  [pause('n1', 'all', 2_000), pause('n2', 'all', 2_000), pause('n3', 'all', 2_000)],
  2_000,
);
export const wirePausedBriefly = paused('wire thread paused for 450 ms', [pause('n1', 'wire', 450)], 450);
export const clusterPaused = paused('cluster thread hung for 10 min', [pause('n2', 'cluster', 600_000)], 600_000);
export const frozen = paused(
  'virtual machine frozen',
  [
    { kind: 'freeze', node: 'n1', forMs: 5_000, monotonicStops: true },
    { kind: 'freeze', node: 'n2', forMs: 5_000, monotonicStops: false },
  ],
  5_000,
  false,
);
export const clocksStep = paused(
  'clocks step',
  [
    { kind: 'clock step', node: 'n1', byMs: 3_600_000 },
    { kind: 'clock step', node: 'n2', byMs: -3_600_000 },
  ],
  30_000,
);
