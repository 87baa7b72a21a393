// The clocks of controllers step while one of them leads and is cut off for a while: nobody takes the Lease too early, or writes without it.
import { expectAllAllocated, leaderNode } from './look.ts';
import type { Scenario } from './scenario.ts';

const hourMs = 3_600_000;

export const clockStepsUnderALease: Scenario = {
  name: 'clocks step under a Lease',
  topology: { nodes: 3, services: 12, pools: 1, poolAddresses: 40, controllers: 3, clients: 1 },
  seeds: [1, 2, 3],
  script: (stage) => {
    stage.run(20_000);
    for (const byMs of [-hourMs, hourMs, 20_000]) {
      const leader = leaderNode(stage) ?? 'n1';
      stage.apply({ kind: 'clock step', node: leader, byMs });
      stage.apply({ kind: 'api cut', nodes: [leader], forMs: 9_000 });
      for (let index = 12; index < 18; index++) {
        stage.run(1_500);
        stage.apply({ kind: 'service replaced', index });
      }
      for (const node of ['n1', 'n2', 'n3']) if (node !== leader) stage.apply({ kind: 'clock step', node, byMs });
      stage.run(40_000);
    }
    expectAllAllocated(stage);
  },
};
