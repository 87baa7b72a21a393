// Watches break, versions are forgotten, a DELETED is never seen: what the programs believe becomes what there is.
import { addressesOf, expectAllAllocated, expectAllServed } from './look.ts';
import type { Scenario } from './scenario.ts';

const topology = { nodes: 3, services: 8, pools: 1, poolAddresses: 8, controllers: 2, clients: 2 };

/** The address of a Service that vanished unseen is free again: there is none other for the next. */
export const lostDeleted: Scenario = {
  name: 'lost DELETED',
  topology: { ...topology, services: 9 },
  seeds: [1, 2, 3],
  script: (stage) => {
    stage.run(20_000);
    stage.apply({ kind: 'api cut', nodes: ['n1', 'n2', 'n3'], forMs: 15_000 });
    stage.apply({ kind: 'watches reset' });
    stage.run(1_000);
    stage.apply({ kind: 'service deleted', index: 2 });
    stage.apply({ kind: 'service deleted', index: 3 });
    stage.run(1_000);
    stage.apply({ kind: 'compaction' });
    stage.run(60_000);
    for (const index of [9, 10]) stage.apply({ kind: 'service created', index });
    stage.run(20_000);
    expectAllAllocated(stage);
    expectAllServed(stage);
  },
};

/** Bookmarks say how far the apiserver has come where nothing happens: a watch that breaks goes on from there. */
export const idleWatches: Scenario = {
  name: 'idle watches go on from bookmarks',
  topology,
  seeds: [1, 2],
  script: (stage) => {
    stage.run(60_000);
    stage.apply({ kind: 'compaction' });
    stage.run(180_000);
    const lists: string[] = [];
    stage.world.observe({
      watching: ({ name }, { resource, sendInitialEvents }) => {
        if (sendInitialEvents === true) lists.push(`${name} ${resource.plural}`);
      },
    });
    stage.world.apiserver.endWatches();
    stage.run(60_000);
    stage.expect(lists.length === 0, 'watches', `listed anew: ${lists.join(', ')}`);
  },
};

/** Each time they are accepted and break soon after: who takes that for success asks again and again. */
export const watchesThatBreak: Scenario = {
  name: 'watches that break as soon as they are open',
  topology,
  seeds: [1, 2],
  script: (stage) => {
    stage.run(20_000);
    for (let round = 0; round < 120; round++) {
      stage.apply({ kind: 'watches reset' });
      stage.run(170);
    }
    stage.run(60_000);
    expectAllAllocated(stage);
    expectAllServed(stage);
  },
};

export const goneVersions: Scenario = {
  name: '410 in each state of a watch',
  topology,
  seeds: [1, 2, 3],
  script: (stage) => {
    for (let round = 0; round < 12; round++) {
      stage.apply({ kind: 'service replaced', index: round % 8 });
      stage.apply({ kind: 'compaction' });
      stage.run(37 * (round + 1));
      stage.apply({ kind: 'watches reset' });
      stage.run(211 * (round + 1));
    }
    stage.run(40_000);
    expectAllAllocated(stage);
    expectAllServed(stage);
  },
};

export const laggingReplicas: Scenario = {
  name: 'two replicas with different lag',
  topology,
  seeds: [1, 2, 3],
  script: (stage) => {
    stage.run(20_000);
    const { troubles } = stage.world.apiserver;
    const ends = ['n1', 'n2'].map((node, index) =>
      troubles.staleReplica({ lagMs: 1_000 + 6_000 * index, clients: (client) => client.node === node }),
    );
    for (let round = 0; round < 6; round++) {
      stage.apply({ kind: 'service replaced', index: round });
      stage.run(500);
      stage.apply({ kind: 'watches reset' });
      stage.run(2_000);
    }
    for (const end of ends) end();
    // Two nodes answered for an address: a client that believes the wrong one notices when its entry is old.
    stage.run(90_000);
    expectAllAllocated(stage);
    expectAllServed(stage);
    stage.expect(addressesOf(stage, 0).length === 1, 's0', 'shows no address');
  },
};
