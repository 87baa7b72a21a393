// Controllers change while something cannot be read, or is shown late: the next one knows what it does not know.
import { expectAllAllocated, expectUnmoved, leaderNode, shown } from './look.ts';
import type { Scenario } from './scenario.ts';

const topology = { nodes: 3, services: 12, pools: 1, poolAddresses: 64, controllers: 2, clients: 2 };

/** What could not be read is not nothing. */
export const poolsCannotBeRead: Scenario = {
  name: 'controllers start while pools or namespaces cannot be read',
  topology,
  seeds: [1, 2],
  script: (stage) => {
    stage.run(20_000);
    const before = shown(stage);
    for (const plural of ['ipaddresspools', 'namespaces']) {
      stage.apply({ kind: 'resource outage', plural, forMs: 40_000 });
      for (const node of ['n1', 'n2']) stage.apply({ kind: 'crash', program: 'controller', node, backAfterMs: 0 });
      stage.run(39_000);
      expectUnmoved(stage, before);
      stage.run(60_000);
      expectUnmoved(stage, before);
    }
    expectAllAllocated(stage);
  },
};

/** The last leader's newest writes are not shown to the next one by its watch, but by the list it makes first. */
export const handedOverBehindALaggingWatch: Scenario = {
  name: 'Lease handed over behind a lagging watch',
  topology,
  seeds: [1, 2, 3, 4, 5, 6],
  script: (stage) => {
    stage.run(20_000);
    const node = leaderNode(stage) ?? '';
    const lag = { lagMs: 12_000, clients: (client: { readonly node: string | undefined }) => client.node !== node };
    const end = stage.world.apiserver.troubles.staleReplica(lag);
    for (let index = 12; index < 36; index++) {
      stage.apply({ kind: 'service created', index });
      stage.run(100);
    }
    const given = shown(stage);
    stage.apply({ kind: 'terminate', program: 'controller', node, backAfterMs: 60_000 });
    for (let index = 36; index < 48; index++) {
      stage.run(300);
      stage.apply({ kind: 'service created', index });
    }
    stage.run(10_000);
    end();
    stage.run(30_000);
    stage.expect(leaderNode(stage) !== node, 'Lease', `still held by ${node}`);
    expectUnmoved(stage, given);
    expectAllAllocated(stage);
  },
};
