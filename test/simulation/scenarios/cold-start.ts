// Everything starts from nothing, or after the power was gone: no Service changes its address, and all is served.
import { expectAllAllocated, expectAllServed, expectUnmoved, shown } from './look.ts';
import type { Scenario } from './scenario.ts';

const topology = { nodes: 3, services: 12, pools: 1, poolAddresses: 16, controllers: 2, clients: 3 };

export const coldStart: Scenario = {
  name: 'cold start of all nodes',
  topology,
  seeds: [1, 2],
  script: (stage) => {
    stage.run(20_000);
    const before = shown(stage);
    for (const node of ['n1', 'n2', 'n3']) stage.apply({ kind: 'power loss', node, forMs: 30_000 });
    stage.apply({ kind: 'api outage', forMs: 45_000 });
    stage.run(90_000);
    expectUnmoved(stage, before);
    expectAllAllocated(stage);
    expectAllServed(stage);
  },
};

export const singleNode: Scenario = {
  name: 'cold start of a single node',
  topology: { ...topology, nodes: 1, controllers: 1 },
  seeds: [1, 2],
  script: (stage) => {
    stage.run(20_000);
    const before = shown(stage);
    stage.apply({ kind: 'power loss', node: 'n1', forMs: 5_000 });
    stage.run(30_000);
    expectUnmoved(stage, before);
    expectAllServed(stage);
  },
};

export const firstNodeAlone: Scenario = {
  name: 'first node alone, others minutes later',
  topology,
  seeds: [1, 2],
  script: (stage) => {
    for (const node of ['n2', 'n3']) stage.apply({ kind: 'power loss', node, forMs: 180_000 });
    stage.run(120_000);
    expectAllAllocated(stage);
    expectAllServed(stage, { local: false });
    const before = shown(stage);
    stage.run(120_000);
    expectUnmoved(stage, before);
    expectAllServed(stage);
  },
};
