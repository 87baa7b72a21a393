// Pools and Services change while no watch shows it, and the versions in between are forgotten: afterwards the cluster is as the last state asks.
import { poolRange } from '../world/address-plan.ts';
import { addressesOf, expectAllAllocated, expectAllServed, shown } from './look.ts';
import type { Scenario } from './scenario.ts';

const services = 8;

export const watchGapDuringPoolEdit: Scenario = {
  name: 'watch gap during pool edit',
  topology: { nodes: 3, services, pools: 1, poolAddresses: 2 * services, controllers: 2, clients: 2 },
  seeds: [1, 2, 3],
  script: (stage) => {
    stage.run(30_000);
    expectAllAllocated(stage);
    stage.apply({ kind: 'api cut', nodes: ['n1', 'n2', 'n3'], forMs: 10_000 });
    stage.run(500);
    stage.apply({ kind: 'service deleted', index: 2 });
    stage.apply({ kind: 'service created', index: services });
    stage.apply({ kind: 'pool shrunk', index: 0, forMs: 60_000 });
    stage.run(500);
    stage.apply({ kind: 'compaction' });
    stage.run(35_000);
    const inside = new Set(addressesIn(services));
    for (const [name, addresses] of shown(stage)) {
      stage.expect(
        addresses.every((ip) => inside.has(ip)),
        name,
        `shows ${addresses.join()}, outside the smaller pool`,
      );
    }
    expectAllAllocated(stage);
    expectAllServed(stage);
    stage.expect(addressesOf(stage, services).length === 1, `s${services}`, 'was created unseen and has no address');
  },
};

/** The first of the pool, as text. */
function addressesIn(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => poolRange(0, index + 1).split('-')[1] ?? '');
}
