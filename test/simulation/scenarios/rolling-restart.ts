// Everything is restarted, one after the other: controllers, speakers, the apiserver. No address changes, no owner changes, all is served again.
import { expectAllServed, expectSameOwners, expectUnmoved, owners, shown } from './look.ts';
import type { Scenario } from './scenario.ts';

export const rollingRestart: Scenario = {
  name: 'rolling restart of everything',
  topology: { nodes: 5, services: 24, pools: 2, poolAddresses: 24, controllers: 2, clients: 3 },
  seeds: [1, 2],
  script: (stage) => {
    stage.run(20_000);
    const before = shown(stage);
    const answering = owners(stage);
    stage.apply({ kind: 'roll', program: 'controller', everyMs: 5_000, forMs: 20_000 });
    stage.apply({ kind: 'roll', program: 'speaker', everyMs: 5_000, forMs: 30_000 });
    stage.run(15_000);
    stage.apply({ kind: 'api restart', forMs: 3_000, emptyListsMs: 0 });
    stage.run(60_000);
    expectUnmoved(stage, before);
    expectSameOwners(stage, answering, 'by a rolling restart');
    expectAllServed(stage);
  },
};
