// Two nodes: neither can know by the other alone which of them is cut off. What else there is on the LAN tells: the router, or a client that asks.
import type { Fault } from '../faults/fault.ts';
import type { Topology } from '../play/simulation-case.ts';
import { expectAllServed, owners, ownersForAll } from './look.ts';
import type { Scenario } from './scenario.ts';

const topology = { nodes: 2, services: 12, pools: 1, poolAddresses: 16, controllers: 2, clients: 2 };
const lastsMs = 20_000;
/** Suspicion, rounds and announcements: the bound of L3. */
const takenOverMs = 1_500;

function oneOfTwo(name: string, fault: Fault, changes: Partial<Topology> = {}): Scenario {
  return {
    name,
    topology: { ...topology, ...changes },
    seeds: [1, 2, 3],
    script: (stage) => {
      stage.run(20_000);
      stage.apply(fault);
      stage.run(takenOverMs);
      if (changes.routerAbsent !== true) {
        for (const [ip, node] of ownersForAll(stage))
          stage.expect(node === 'n2', ip, `answered by ${node || 'nobody'}`);
      }
      stage.run(lastsMs + 30_000);
      expectAllServed(stage);
    },
  };
}

export const oneOfTwoCutOff = oneOfTwo('one of two nodes loses its cable', {
  kind: 'carrier loss',
  node: 'n1',
  forMs: lastsMs,
});
export const oneOfTwoWithoutClients = oneOfTwo(
  'one of two nodes dies, no client',
  { kind: 'power loss', node: 'n1', forMs: lastsMs },
  { clients: 0 },
);

/** Neither hears anything: each keeps what it has, and takes nothing. */
export const switchDies: Scenario = {
  name: 'the switch between two nodes dies',
  topology: { ...topology, routerAbsent: true, clients: 1 },
  seeds: [1, 2],
  script: (stage) => {
    stage.run(20_000);
    const before = owners(stage);
    const nodes = ['n1', 'n2'];
    stage.apply({ kind: 'partition', nodes: ['n1'], oneWay: false, forMs: lastsMs });
    for (const node of nodes) stage.apply({ kind: 'deaf', node, forMs: lastsMs });
    stage.run(lastsMs + 1_000);
    for (const [ip, node] of before) {
      stage.expect(stage.answerers.now(ip).join() === node, ip, `moved away from ${node}, which everybody sees`);
    }
    stage.run(30_000);
    expectAllServed(stage);
  },
};

export const routerAbsent = oneOfTwo(
  'one of two nodes dies, and there is no router',
  { kind: 'power loss', node: 'n1', forMs: lastsMs },
  { routerAbsent: true },
);
