// The apiserver refuses with 429 and says when it wants to be asked again, while there is much to write and all watches have to begin anew: each
// program waits that long, and then everything becomes right.
import { expectAllAllocated, expectAllServed } from './look.ts';
import type { Scenario } from './scenario.ts';

export const patienceAsked: Scenario = {
  name: 'an apiserver asks for patience',
  topology: { nodes: 3, services: 24, pools: 1, poolAddresses: 60, controllers: 2, clients: 1 },
  seeds: [1, 2],
  script: (stage) => {
    stage.run(20_000);
    for (const percent of [100, 20]) {
      stage.apply({ kind: 'refusals', code: 429, percent, retryAfterMs: 5_000, forMs: 30_000 });
      stage.apply({ kind: 'watches reset' });
      for (let index = 0; index < 12; index++) {
        stage.run(2_000);
        stage.apply({ kind: 'service replaced', index });
      }
      stage.run(90_000);
      expectAllAllocated(stage);
      expectAllServed(stage);
    }
  },
};
