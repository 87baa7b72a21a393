// The controller crashes right after one of its writes has left it; which one says the seed. After each of them everything becomes right.
import { expectAllAllocated, expectAllServed, isWrite } from './look.ts';
import type { Scenario } from './scenario.ts';

export const controllerCrashAfterEachWrite: Scenario = {
  name: 'controller crashes after each of its writes',
  topology: { nodes: 2, services: 6, pools: 1, poolAddresses: 8, controllers: 2, clients: 1 },
  seeds: Array.from({ length: 20 }, (_, index) => index + 1),
  script: (stage) => {
    const { world } = stage;
    let writes = 0;
    let crashed = '';
    world.observe({
      requested: ({ program, node }, request) => {
        if (program !== 'controller' || crashed !== '' || !isWrite(request)) return;
        if (++writes < world.options.seed) return;
        crashed = node;
        stage.apply({ kind: 'crash', program: 'controller', node, backAfterMs: 1_000 });
      },
    });
    stage.run(60_000);
    stage.expect(crashed !== '', 'controller', `wrote ${writes} times only`);
    expectAllAllocated(stage);
    expectAllServed(stage);
  },
};
