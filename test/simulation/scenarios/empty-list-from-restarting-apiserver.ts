// The apiserver restarts and for some seconds shows nothing of anything: no address is taken from a Service, and no node falls silent for one.
import { expectAllAllocated, expectAllServed, expectSameOwners, expectUnmoved, owners, shown } from './look.ts';
import type { Scenario } from './scenario.ts';

export const emptyListFromRestartingApiserver: Scenario = {
  name: 'empty list from a restarting apiserver',
  topology: { nodes: 3, services: 12, pools: 2, poolAddresses: 12, controllers: 2, clients: 2 },
  seeds: [1, 2, 3, 4],
  script: (stage) => {
    stage.run(30_000);
    const before = shown(stage);
    const answering = owners(stage);
    stage.apply({ kind: 'api restart', forMs: 2_000, emptyListsMs: 5_000 });
    stage.run(60_000);
    expectUnmoved(stage, before);
    expectSameOwners(stage, answering, 'by a restart of the apiserver');
    stage.apply({ kind: 'service created', index: 12 });
    stage.run(15_000);
    expectAllAllocated(stage);
    expectAllServed(stage);
  },
};
