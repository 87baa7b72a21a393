// A speaker dies and comes back: its addresses stay with its node, and are answered again soon after it is back.
import { expectAllServed, expectSameOwners, owners } from './look.ts';
import type { Scenario } from './scenario.ts';

const backAfterMs = [500, 1_900, 2_100, 30_000];
/** Until its container runs, it has read the cluster, and answers. */
const readyAfterMs = 4_000;

export const speakerCrash: Scenario = {
  name: 'speaker crash',
  topology: { nodes: 3, services: 12, pools: 1, poolAddresses: 16, controllers: 2, clients: 3 },
  seeds: [1, 2, 3, 4],
  script: (stage) => {
    stage.run(20_000);
    const answering = owners(stage);
    const waitMs = backAfterMs[stage.world.options.seed % backAfterMs.length] ?? 0;
    stage.apply({ kind: 'crash', program: 'speaker', node: 'n1', backAfterMs: waitMs });
    stage.run(waitMs + readyAfterMs);
    expectSameOwners(stage, answering, 'by the crash of a speaker');
    stage.run(20_000);
    expectAllServed(stage);
  },
};

export const speakerCrashLoop: Scenario = {
  name: 'speaker crash loop',
  topology: { nodes: 3, services: 12, pools: 1, poolAddresses: 16, controllers: 2, clients: 3 },
  seeds: [1, 2],
  script: (stage) => {
    stage.run(20_000);
    const answering = owners(stage);
    for (let crash = 0; crash < 8; crash++) {
      stage.apply({ kind: 'crash', program: 'speaker', node: 'n2', backAfterMs: 0 });
      stage.run(700 + 300 * crash);
    }
    stage.run(10_000);
    expectSameOwners(stage, answering, 'by crashes of a speaker');
    expectAllServed(stage);
  },
};
