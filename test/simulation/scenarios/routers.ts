// Nodes that tell two routers their routes, one of which keeps those of nodes that restart: what befalls speakers, nodes, routers and the apiserver,
// and what routers hold meanwhile. B1 to B3 judge every message.
import type { Fault } from '../faults/fault.ts';
import { prefixOf } from '../checkers/routes.ts';
import type { Stage } from '../play/stage.ts';
import { expectAllServed, isLocalAddress } from './look.ts';
import type { Scenario } from './scenario.ts';

const topology = {
  nodes: 3,
  services: 10,
  pools: 1,
  poolAddresses: 16,
  controllers: 1,
  clients: 1,
  routers: 2,
} as const;
const nodes = ['n1', 'n2', 'n3'];
/** Sessions are there, and everything is told. */
const settledMs = 30_000;

/** Of addresses that every node has a part in. */
function expectHeld(stage: Stage, router: number, of: readonly string[], when: string): void {
  const { world } = stage;
  const held = world.routers[router];
  for (const ip of world.shown.all.filter((each) => !isLocalAddress(stage, each))) {
    for (const node of of) {
      stage.expect(
        held?.routesOf(node).has(prefixOf(ip)) === true,
        ip,
        `${held?.name} has no route by ${node} ${when}`,
      );
    }
  }
}

/** The router that helps forgets nothing, at no moment. */
function expectKept(stage: Stage, forMs: number, when: string): void {
  for (let ms = 0; ms < forMs; ms += 200) {
    stage.run(200);
    expectHeld(stage, 0, nodes, when);
  }
}

const restarts: readonly Fault[] = [
  { kind: 'crash', program: 'speaker', node: 'n1', backAfterMs: 1_500 },
  { kind: 'terminate', program: 'speaker', node: 'n2', backAfterMs: 1_500 },
  { kind: 'surge', program: 'speaker', node: 'n3', forMs: 10_000 },
  { kind: 'crash', program: 'speaker', node: 'n1', backAfterMs: 20_000 },
  { kind: 'pause', program: 'speaker', node: 'n2', thread: 'cluster', forMs: 5_000 },
];

export const speakersRestart: Scenario = {
  name: 'routers keep the routes of speakers that restart',
  topology: { ...topology, families: 'both' },
  seeds: [1, 2],
  script: (stage) => {
    stage.run(settledMs);
    expectHeld(stage, 0, nodes, 'at first');
    expectHeld(stage, 1, nodes, 'at first');
    for (const fault of restarts) {
      stage.apply(fault);
      expectKept(stage, 40_000, `during ${fault.kind}`);
      expectHeld(stage, 1, nodes, `after ${fault.kind}`);
      stage.run(30_000);
    }
  },
};

/** A speaker that starts goes by its file, and tells what it told before. */
export const restartWithoutApi: Scenario = {
  name: 'routers keep the routes of a speaker that restarts while the apiserver is away',
  topology,
  seeds: [1],
  script: (stage) => {
    stage.run(settledMs);
    stage.apply({ kind: 'api outage', forMs: 120_000 });
    stage.run(10_000);
    stage.apply({ kind: 'crash', program: 'speaker', node: 'n1', backAfterMs: 1_000 });
    expectKept(stage, 60_000, 'while the apiserver is away');
    expectHeld(stage, 1, nodes, 'while the apiserver is away');
    stage.run(150_000);
    expectHeld(stage, 1, nodes, 'when the apiserver is back');
  },
};

/** It finds its routers, but neither Services nor its file: it has nothing to tell, and must not say that this is all. */
export const restartKnowingNothing: Scenario = {
  name: 'routers keep the routes of a speaker that restarts and knows nothing',
  topology,
  seeds: [1, 2],
  script: (stage) => {
    stage.run(settledMs);
    stage.apply({ kind: 'resource outage', plural: 'services', forMs: 90_000 });
    stage.apply({ kind: 'state lost', node: 'n1' });
    stage.apply({ kind: 'crash', program: 'speaker', node: 'n1', backAfterMs: 5_000 });
    expectKept(stage, 120_000, 'until its speaker knows everything');
    expectHeld(stage, 1, nodes, 'when its speaker knows everything');
  },
};

/** Plans are made anew, for reasons that are not the routers'. */
export const steadyRoutes: Scenario = {
  name: 'routers hear nothing while nothing changes',
  topology,
  seeds: [1],
  script: (stage) => {
    stage.run(settledMs);
    let updates = 0;
    stage.world.observe({ routed: (_router, _node, { kind }) => void (updates += kind === 'update' ? 1 : 0) });
    stage.apply({ kind: 'not ready', node: 'n2', forMs: 30_000 });
    stage.apply({ kind: 'clock step', node: 'n1', byMs: 3_600_000 });
    stage.run(40_000);
    stage.apply({ kind: 'watches reset' });
    stage.apply({ kind: 'mac change', node: 'n3' });
    stage.run(120_000);
    stage.expect(updates === 0, 'routers', `heard ${updates} UPDATEs, and nothing changed`);
  },
};

export const drainSaidFirst: Scenario = {
  name: 'routers are asked to avoid a node before it leaves',
  topology,
  seeds: [1],
  script: (stage) => {
    stage.run(settledMs);
    stage.apply({ kind: 'exclude label', node: 'n1', forMs: 20_000 });
    stage.run(10_000);
    for (const router of stage.world.routers) {
      stage.expect(router.routesOf('n1').size === 0, 'n1', `${router.name} still has its routes`);
    }
    stage.run(20_000);
    for (const router of [0, 1]) expectHeld(stage, router, nodes, 'when it is back');
  },
};

const ofRouters: readonly Fault[] = [
  { kind: 'router restart', router: 0, forMs: 20_000 },
  { kind: 'router reset', router: 1 },
  { kind: 'bgp cut', router: 0, nodes: ['n1', 'n3'], forMs: 20_000 },
  { kind: 'bgp cut', router: 1, nodes: ['n2'], forMs: 4_000 },
  { kind: 'router restart', router: 1, forMs: 500 },
];

export const routersFail: Scenario = {
  name: 'routers restart, are reset and cut off',
  topology,
  seeds: [1],
  script: (stage) => {
    stage.run(settledMs);
    for (const fault of ofRouters) {
      stage.apply(fault);
      stage.run(80_000);
      for (const router of [0, 1]) expectHeld(stage, router, nodes, `after ${fault.kind}`);
    }
    expectAllServed(stage);
  },
};

const changes: readonly Fault[] = [
  { kind: 'endpoints flap', index: 3, forMs: 20_000 },
  { kind: 'exclude label', node: 'n2', forMs: 30_000 },
  { kind: 'service replaced', index: 5 },
  { kind: 'traffic policy', index: 6, policy: 'Local' },
  { kind: 'partition', nodes: ['n1'], oneWay: false, forMs: 20_000 },
  { kind: 'power loss', node: 'n3', forMs: 30_000 },
  { kind: 'kernel hang', node: 'n1', forMs: 30_000 },
  { kind: 'api outage', forMs: 30_000 },
];

export const routesChange: Scenario = {
  name: 'routers hear of drains, endpoints and dead nodes',
  topology: { ...topology, families: 'both' },
  seeds: [1],
  script: (stage) => {
    stage.run(settledMs);
    for (const fault of changes) {
      stage.apply(fault);
      stage.run(100_000);
      for (const router of [0, 1]) expectHeld(stage, router, nodes, `after ${fault.kind}`);
    }
  },
};
