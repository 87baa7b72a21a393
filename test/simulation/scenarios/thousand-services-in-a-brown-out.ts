// 1,000 Services are created while the apiserver is slow, refuses every third request and forgets to answer: when it is well again every Service
// has an address, and it was not stormed meanwhile.
import { expectAllAllocated } from './look.ts';
import type { Scenario } from './scenario.ts';

const count = 1_000;
const createSeconds = 20;
/** Of one process, in a second, as long as the trouble lasts. */
const mostRequestsPerSecond = 40;

export const thousandServicesInABrownOut: Scenario = {
  name: '1,000 Services created during an apiserver brown-out',
  topology: { nodes: 2, services: 0, pools: 1, poolAddresses: 1_024, controllers: 2, clients: 1 },
  seeds: [1],
  script: (stage) => {
    stage.run(10_000);
    const brownOutMs = 60_000;
    stage.apply({ kind: 'api slow', delayMs: 1_500, forMs: brownOutMs });
    stage.apply({ kind: 'refusals', code: 429, percent: 30, retryAfterMs: 1_000, forMs: brownOutMs });
    stage.apply({ kind: 'answers lost', percent: 10, forMs: brownOutMs });
    let requests = new Map<string, number>();
    stage.world.observe({ requested: ({ name }) => void requests.set(name, (requests.get(name) ?? 0) + 1) });
    for (let index = 0; index < count; index++) {
      stage.apply({ kind: 'service created', index });
      if (index % (count / createSeconds) === 0) stage.run(1_000);
    }
    for (let second = createSeconds; second < brownOutMs / 1_000; second++) {
      requests = new Map();
      stage.run(1_000);
      for (const [name, sent] of requests) {
        stage.expect(sent <= mostRequestsPerSecond, name, `sent ${sent} requests in a second`);
      }
    }
    stage.run(15_000);
    expectAllAllocated(stage);
  },
};
