// The apiserver is away for long: what happens on the LAN meanwhile is dealt with all the same, by what was known before; a speaker that starts
// goes on with what the one before it wrote down.
import type { Stage } from '../play/stage.ts';
import { expectAllServed, expectSameOwners, expectUnmoved, owners, shown } from './look.ts';
import type { Scenario } from './scenario.ts';

const awayMs = 900_000;
const firstMs = 300_000;

function away(name: string, meanwhile: (stage: Stage) => void): Scenario {
  return {
    name,
    topology: { nodes: 3, services: 12, pools: 1, poolAddresses: 16, controllers: 2, clients: 1 },
    seeds: [1],
    script: (stage) => {
      stage.run(30_000);
      const before = shown(stage);
      stage.apply({ kind: 'api outage', forMs: awayMs });
      stage.run(firstMs);
      meanwhile(stage);
      stage.run(awayMs - firstMs);
      stage.run(90_000);
      expectUnmoved(stage, before);
      expectAllServed(stage);
    },
  };
}

export const outageAndNodeCrash = away('a node dies while the apiserver is away', (stage) => {
  stage.apply({ kind: 'power loss', node: 'n2', forMs: 300_000 });
  stage.run(2_000);
  expectAllServed(stage, { local: false });
});

export const outageAndSpeakerRestart = away('a speaker restarts while the apiserver is away', (stage) => {
  const before = owners(stage);
  stage.apply({ kind: 'crash', program: 'speaker', node: 'n1', backAfterMs: 500 });
  stage.run(5_000);
  expectSameOwners(stage, before, 'by the crash of a speaker');
  expectAllServed(stage);
});

/** It is seen only afterwards, and then nobody answers for it. */
export const deletionDuringOutage: Scenario = {
  name: 'a Service is deleted while nodes cannot reach the apiserver',
  topology: { nodes: 3, services: 12, pools: 1, poolAddresses: 16, controllers: 2, clients: 1 },
  seeds: [1, 2],
  script: (stage) => {
    stage.run(30_000);
    stage.apply({ kind: 'api cut', nodes: ['n1', 'n2', 'n3'], forMs: 60_000 });
    stage.run(5_000);
    stage.apply({ kind: 'service deleted', index: 5 });
    stage.run(20_000);
    stage.apply({ kind: 'crash', program: 'speaker', node: 'n1', backAfterMs: 500 });
    stage.run(150_000);
    expectAllServed(stage);
  },
};
