// The only L2Advertisement is deleted and made again at once, as by `kubectl replace --force`: addresses fall silent and are owned again, each by
// one node. Speakers once took each other for gone meanwhile, and several of them took the same address.
import { expectAllServed } from './look.ts';
import type { Scenario } from './scenario.ts';

export const advertisementReplaced: Scenario = {
  name: 'the advertisement is replaced',
  topology: { nodes: 3, services: 12, pools: 2, poolAddresses: 12, controllers: 2, clients: 2 },
  seeds: [1, 2],
  script: (stage) => {
    stage.run(20_000);
    stage.apply({ kind: 'advertisement removed', forMs: 300 });
    stage.run(20_000);
    expectAllServed(stage);
    stage.apply({ kind: 'advertisement removed', forMs: 3_000 });
    stage.run(30_000);
    expectAllServed(stage);
  },
};
