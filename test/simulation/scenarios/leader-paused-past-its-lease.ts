// The leading controller is paused past its Lease with writes queued. When it goes on its clock tells it, and it writes nothing.
import { leases } from '#shared/kube/resources.ts';
import { expectAllAllocated, isWrite, leaderNode, runUntil } from './look.ts';
import type { Scenario } from './scenario.ts';

export const leaderPausedPastItsLease: Scenario = {
  name: 'leader paused past its Lease writes nothing',
  topology: { nodes: 3, services: 40, pools: 1, poolAddresses: 48, controllers: 2, clients: 1 },
  seeds: [1, 2, 3, 4],
  script: (stage) => {
    const { world } = stage;
    runUntil(stage, 20_000, () => world.shown.all.length >= 4, 1);
    const node = leaderNode(stage) ?? '';
    stage.apply({ kind: 'pause', program: 'controller', node, thread: 'cluster', forMs: 25_000 });
    stage.run(24_900);
    stage.expect(leaderNode(stage) !== node, 'Lease', `still held by ${node}`);
    let written = 0;
    world.observe({
      requested: (process, request) => {
        const isIts = process.program === 'controller' && process.node === node;
        // With an old version it asks for the Lease, and is refused.
        if (isIts && isWrite(request) && request.resource.plural !== leases.plural) written++;
      },
    });
    stage.run(20_000);
    stage.expect(written === 0, `${node}/controller`, `wrote ${written} times without a Lease`);
    expectAllAllocated(stage);
  },
};
