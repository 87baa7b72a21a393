// A speaker dies and comes back: its addresses stay with its node if that is soon enough; else others have them, and it does not take them back.
import { expectAllServed, expectSameOwners, owners } from './look.ts';
import type { Scenario } from './scenario.ts';

const backAfterMs = [500, 1_900, 2_100, 30_000];
/** Until its container runs, and it has listened, and answers. */
const readyAfterMs = 4_000;
/** Its container takes up to 0.7 s to start, and others wait for it for 2 s after they have missed it. */
const soonMs = 1_300;

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
    if (waitMs <= soonMs) expectSameOwners(stage, answering, 'by the crash of a speaker');
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
    const others = new Map([...answering].filter(([, node]) => node !== 'n2'));
    for (let crash = 0; crash < 8; crash++) {
      stage.apply({ kind: 'crash', program: 'speaker', node: 'n2', backAfterMs: 0 });
      stage.run(700 + 300 * crash);
    }
    stage.run(10_000);
    expectSameOwners(stage, others, 'by crashes of another speaker');
    expectAllServed(stage);
  },
};
