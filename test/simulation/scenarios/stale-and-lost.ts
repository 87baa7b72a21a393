// What the controller reads is old, and what it writes is not answered: nobody loses an address by it, and all get one.
import type { Fault } from '../faults/fault.ts';
import { expectAllAllocated, expectAllServed, expectUnmoved, shown } from './look.ts';
import type { Scenario } from './scenario.ts';

function troubled(name: string, faults: readonly Fault[]): Scenario {
  return {
    name,
    topology: { nodes: 3, services: 12, pools: 1, poolAddresses: 24, controllers: 2, clients: 2 },
    seeds: [1, 2, 3],
    script: (stage) => {
      stage.run(20_000);
      const before = shown(stage);
      for (const fault of faults) stage.apply(fault);
      for (let index = 12; index < 18; index++) {
        stage.apply({ kind: 'service created', index });
        stage.run(700);
      }
      for (const node of ['n1', 'n2']) stage.apply({ kind: 'crash', program: 'controller', node, backAfterMs: 500 });
      stage.run(90_000);
      expectUnmoved(stage, before);
      expectAllAllocated(stage);
      expectAllServed(stage);
    },
  };
}

export const staleCache = troubled('stale cache', [
  { kind: 'stale replica', lagMs: 8_000, forMs: 30_000 },
  { kind: 'watch lag', lagMs: 5_000, forMs: 30_000 },
]);
export const timeOutAfterCommit = troubled('time-out after commit', [
  { kind: 'answers lost', percent: 100, forMs: 15_000 },
  { kind: 'watch lag', lagMs: 5_000, forMs: 15_000 },
]);
export const outageDuringCreation = troubled('outage of half a minute during creation', [
  { kind: 'api outage', forMs: 30_000 },
]);

/** What was written is shown late: until then it is assumed, whichever Service comes in between. */
export const behindALaggingWatch: Scenario = {
  name: 'Services created behind a lagging watch',
  topology: { nodes: 3, services: 4, pools: 1, poolAddresses: 32, controllers: 1, clients: 2 },
  seeds: [1, 2, 3],
  script: (stage) => {
    stage.run(20_000);
    stage.apply({ kind: 'watch lag', lagMs: 5_000, forMs: 30_000 });
    for (let index = 4; index < 28; index++) {
      stage.apply({ kind: 'service created', index });
      stage.run(130);
    }
    stage.run(60_000);
    expectAllAllocated(stage);
    expectAllServed(stage);
  },
};

/** Writes that were done and not answered still count when an address becomes free and new Services come. */
export const unansweredAndFreed: Scenario = {
  name: 'unanswered writes and a freed address behind a lagging watch',
  topology: { nodes: 2, services: 4, pools: 1, poolAddresses: 48, controllers: 1, clients: 1 },
  seeds: [1, 2, 3, 4, 5, 6],
  script: (stage) => {
    stage.run(20_000);
    stage.apply({ kind: 'watch lag', lagMs: 9_000, forMs: 40_000 });
    stage.apply({ kind: 'answers lost', percent: 40, forMs: 14_500 });
    for (let index = 4; index < 14; index++) {
      stage.apply({ kind: 'service created', index });
      stage.run(100);
    }
    stage.run(4_500);
    for (const index of [2, 3]) stage.apply({ kind: 'service deleted', index });
    for (let index = 14; index < 22; index++) {
      stage.run(200);
      stage.apply({ kind: 'service created', index });
    }
    stage.run(90_000);
    expectAllAllocated(stage);
    expectAllServed(stage);
  },
};

/**
 * A write is done and nobody hears of it; its time-out is over long before the watch shows it, and just before that the watch shows an older
 * Service that wants an address too: it is given another one.
 */
export const unansweredAndOvertaken: Scenario = {
  name: 'an older Service comes between an unanswered write and its event',
  topology: { nodes: 2, services: 3, pools: 1, poolAddresses: 16, controllers: 1, clients: 1 },
  seeds: [1, 2, 3, 4, 5, 6],
  script: (stage) => {
    stage.run(20_000);
    stage.apply({ kind: 'service type', index: 2, type: 'ClusterIP' });
    stage.run(10_000);
    stage.apply({ kind: 'watch lag', lagMs: 12_000, forMs: 60_000 });
    stage.apply({ kind: 'service created', index: 3 });
    stage.run(12_000);
    // Two requests in a row without an answer would end the connection, and with it the lag: the pool's status is refused.
    stage.apply({ kind: 'resource outage', plural: 'ipaddresspools', forMs: 200 });
    stage.apply({ kind: 'api slow', delayMs: 1_000, forMs: 200 });
    stage.apply({ kind: 'answers lost', percent: 100, forMs: 200 });
    stage.run(200);
    stage.apply({ kind: 'service type', index: 2, type: 'LoadBalancer' });
    stage.run(120_000);
    expectAllAllocated(stage);
  },
};
