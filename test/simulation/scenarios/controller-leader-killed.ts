// The leading controller is killed while it hands out addresses: the other one goes on, and nobody loses what was already written.
import { expectAllAllocated, expectUnmoved, leaderNode, runUntil, shown } from './look.ts';
import type { Scenario } from './scenario.ts';

/** Killed after so many addresses, more with each seed. */
const addressesPerSeed = 5;

export const controllerLeaderKilled: Scenario = {
  name: 'controller leader killed in mid-allocation',
  topology: { nodes: 3, services: 40, pools: 1, poolAddresses: 48, controllers: 2, clients: 1 },
  seeds: [1, 2, 3, 4, 5, 6],
  script: (stage) => {
    const { world } = stage;
    runUntil(stage, 20_000, () => world.shown.all.length >= world.options.seed * addressesPerSeed, 1);
    const node = leaderNode(stage);
    stage.expect(node !== undefined, 'Lease', 'nobody leads');
    const before = shown(stage);
    stage.expect(
      [...before.values()].some((addresses) => addresses.length === 0),
      'Services',
      'all have addresses',
    );
    stage.apply({ kind: 'crash', program: 'controller', node: node ?? '', backAfterMs: 60_000 });
    stage.run(40_000);
    stage.expect(leaderNode(stage) !== node, 'Lease', `still held by ${node}`);
    expectAllAllocated(stage);
    expectUnmoved(stage, before);
  },
};
