// A controller stands still with its clock, in the middle of handing out addresses, until the other one leads; then it goes on and believes that
// its Lease still holds. No Service that had an address loses it, and no address stays with two.
import { expectAllAllocated, expectUnmoved, leaderNode, runUntil, shown } from './look.ts';
import type { Scenario } from './scenario.ts';

const firstAddresses = 6;
const deleted = [2, 3, 5, 7, 11, 13, 17];

export const twoControllersLead: Scenario = {
  name: 'two controllers that both believe they lead',
  topology: { nodes: 3, services: 40, pools: 1, poolAddresses: 48, controllers: 2, clients: 1 },
  seeds: [1, 2, 3, 4, 5, 6],
  script: (stage) => {
    const { world } = stage;
    runUntil(stage, 20_000, () => world.shown.all.length >= firstAddresses, 1);
    const node = leaderNode(stage) ?? '';
    const before = new Map([...shown(stage)].filter(([name]) => !deleted.map((index) => `s${index}`).includes(name)));
    // The other one sees another cluster than the one that stands still: it hands out other addresses.
    for (const index of deleted) stage.apply({ kind: 'service deleted', index });
    stage.apply({ kind: 'freeze', node, forMs: 25_000, monotonicStops: true });
    runUntil(stage, 24_900, () => leaderNode(stage) !== node);
    stage.expect(leaderNode(stage) !== node, 'Lease', `still held by ${node}`);
    runUntil(stage, 24_900, () => stage.world.activeFaults.size === 0);
    const given = shown(stage);
    stage.run(20_000);
    expectUnmoved(stage, given);
    for (let index = 40; index < 46; index++) stage.apply({ kind: 'service created', index });
    stage.run(20_000);
    expectAllAllocated(stage);
    expectUnmoved(stage, before);
  },
};
