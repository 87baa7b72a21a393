// All pools are deleted and made again: Services lose their addresses, as was asked for, and all get one again.
import { expectAllAllocated, expectAllServed } from './look.ts';
import type { Scenario } from './scenario.ts';

export const poolsEmptiedByMistake: Scenario = {
  name: 'pools emptied by mistake',
  topology: { nodes: 3, services: 12, pools: 2, poolAddresses: 12, controllers: 2, clients: 2 },
  seeds: [1, 2],
  script: (stage) => {
    stage.run(20_000);
    for (const index of [0, 1]) stage.apply({ kind: 'pool removed', index, forMs: 10_000 });
    stage.run(8_000);
    stage.expect(stage.world.shown.all.length === 0, 'Services', 'still show addresses of no pool');
    stage.run(30_000);
    expectAllAllocated(stage);
    expectAllServed(stage);
  },
};
