// More Services than addresses, and the controllers restart: those that wait take nothing from those that have (MetalLB#1984, #2443).
import { addressesOf, expectUnmoved, shown } from './look.ts';
import type { Scenario } from './scenario.ts';

const poolAddresses = 8;
const youngest = 16;

export const restartWithPendingServices: Scenario = {
  name: 'restart with pending Services',
  topology: { nodes: 3, services: 16, pools: 1, poolAddresses, controllers: 2, clients: 2 },
  seeds: [1, 2, 3],
  script: (stage) => {
    stage.run(20_000);
    const before = shown(stage);
    for (const node of ['n1', 'n2']) stage.apply({ kind: 'crash', program: 'controller', node, backAfterMs: 500 });
    stage.run(30_000);
    expectUnmoved(stage, before);
    const alone = [...before].find(([, [ip]]) => ip !== undefined && stage.world.shown.holders(ip).size === 1)?.[0];
    stage.expect(alone !== undefined, 'Services', 'none has an address of its own');
    stage.apply({ kind: 'service created', index: youngest });
    stage.run(2_000);
    stage.apply({ kind: 'service deleted', index: Number(alone?.slice(1)) });
    stage.run(10_000);
    stage.expect(addressesOf(stage, youngest).length === 0, `s${youngest}`, 'was served before older ones');
    const { length } = stage.world.shown.all;
    stage.expect(length === poolAddresses, 'Services', `show ${length} addresses of ${poolAddresses}`);
  },
};
