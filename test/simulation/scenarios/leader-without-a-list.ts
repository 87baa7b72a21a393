// The leading controller dies, and when the other one takes over the Services cannot be listed. It knows one that waits for an address, and
// still gives none: what it knows may be older than the last write of its predecessor.
import { addressesOf, expectAllAllocated, leaderNode } from './look.ts';
import type { Scenario } from './scenario.ts';

const services = 10;

export const leaderWithoutAList: Scenario = {
  name: 'new leader that cannot list the Services',
  topology: { nodes: 3, services, pools: 1, poolAddresses: 16, controllers: 2, clients: 1 },
  seeds: [1, 2, 3],
  script: (stage) => {
    stage.run(20_000);
    const node = leaderNode(stage) ?? '';
    stage.apply({ kind: 'crash', program: 'controller', node, backAfterMs: 120_000 });
    stage.run(5_000);
    stage.apply({ kind: 'service created', index: services });
    stage.run(5_000);
    stage.apply({ kind: 'resource outage', plural: 'services', forMs: 50_000 });
    stage.run(40_000);
    stage.expect(![undefined, node].includes(leaderNode(stage)), 'Lease', `still held by ${node}`);
    stage.expect(addressesOf(stage, services).length === 0, 'Service', 'has an address already');
    stage.run(60_000);
    expectAllAllocated(stage);
  },
};
