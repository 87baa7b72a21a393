// A speaker dies and comes back: its addresses stay with its node if that is soon enough; else others have them, and it does not take them back.
import { expectAllServed, expectSameOwners, owners, ownersForAll } from './look.ts';
import type { Scenario } from './scenario.ts';

const backAfterMs = [500, 1_900, 2_100, 30_000];
/** Until its container runs, and it has listened, and answers. */
const readyAfterMs = 4_000;
/** Its container takes up to 0.7 s to start, and others wait for it for 2 s after they have missed it. */
const soonMs = 1_300;
/** A process says that it listens at once, and does so for longer than this. */
const listeningMs = 150;
/** They wait for a speaker for 2 s, and as long again when its next process was heard, once. */
const missedForMs = 8_000;

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

/** Each of its processes dies before it has listened to the end: others must not wait for the next one for ever. */
export const diesWhileListening: Scenario = {
  name: 'speaker dies again and again while it listens',
  topology: { nodes: 3, services: 12, pools: 1, poolAddresses: 16, controllers: 2, clients: 3 },
  seeds: [1, 2],
  script: (stage) => {
    const machine = stage.world.machine('n2');
    stage.run(20_000);
    const had = [...ownersForAll(stage)].filter(([, node]) => node === 'n2').map(([ip]) => ip);
    let startedUs = Infinity;
    stage.world.observe({
      started: ({ node, program }) => {
        if (node === 'n2' && program === 'speaker') startedUs = stage.world.scheduler.nowUs;
      },
    });
    stage.apply({ kind: 'crash', program: 'speaker', node: 'n2', backAfterMs: 0 });
    for (let ms = 0; ms < missedForMs; ms += 10) {
      stage.run(10);
      const isListening = machine.process('speaker') !== undefined;
      if (!isListening || stage.world.scheduler.nowUs - startedUs < listeningMs * 1000) continue;
      startedUs = Infinity;
      stage.apply({ kind: 'crash', program: 'speaker', node: 'n2', backAfterMs: 0 });
    }
    for (const ip of had) {
      const owner = stage.answerers.now(ip).join();
      stage.expect(owner !== '' && owner !== 'n2', ip, `is still waited for: answered by ${owner}`);
    }
    stage.run(30_000);
    expectAllServed(stage);
  },
};
