// A node is excluded by its label and comes back: its addresses move and stay where they went, no others move, and whoever gives one up is silent.
import { expectAllServed, expectSameOwners, ownersForAll } from './look.ts';
import type { Scenario } from './scenario.ts';

const node = 'n2';

export const nodeExcluded: Scenario = {
  name: 'a node is excluded and comes back',
  topology: { nodes: 4, services: 12, pools: 1, poolAddresses: 16, controllers: 1, clients: 3 },
  seeds: [1, 2, 3],
  script: (stage) => {
    stage.run(30_000);
    const before = ownersForAll(stage);
    stage.apply({ kind: 'exclude label', node, forMs: 20_000 });
    stage.run(15_000);
    expectSameOwners(stage, new Map([...before].filter(([, owner]) => owner !== node)), `by the exclusion of ${node}`);
    const moved = ownersForAll(stage);
    stage.run(20_000);
    expectSameOwners(stage, moved, `by the return of ${node}`);
    stage.run(60_000);
    expectAllServed(stage);
  },
};
