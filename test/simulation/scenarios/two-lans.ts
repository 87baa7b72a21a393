// Nodes on two LANs: each address lives on the one where it is on-link, and what befalls one LAN leaves the addresses of the other where they are.
import type { Ip } from '#shared/net/ip.ts';
import type { Fault } from '../faults/fault.ts';
import type { Stage } from '../play/stage.ts';
import { lanOfIp } from '../world/address-plan.ts';
import { expectAllAllocated, expectAllServed, expectSameOwners, isLocalAddress, owners } from './look.ts';
import type { Scenario } from './scenario.ts';

/** So few addresses in each pool that both are needed. */
const topology = { nodes: 4, services: 16, pools: 2, poolAddresses: 9, controllers: 1, clients: 2, lans: 2 } as const;
const lastsMs = 20_000;

function ownersOn(stage: Stage, lan: number): ReadonlyMap<Ip, string> {
  const found = new Map([...owners(stage)].filter(([ip]) => lanOfIp(ip) === lan));
  stage.expect(found.size > 0, `LAN ${lan}`, 'there are no addresses');
  return found;
}

/** Something befalls the second LAN only. */
function onOne(name: string, fault: Fault, families: 'IPv4' | 'both' = 'IPv4'): Scenario {
  return {
    name,
    topology: { ...topology, families },
    seeds: [1],
    script: (stage) => {
      stage.run(20_000);
      expectAllAllocated(stage);
      expectAllServed(stage);
      const others = ownersOn(stage, 0);
      stage.apply(fault);
      stage.run(lastsMs);
      expectSameOwners(stage, others, `by ${fault.kind} on the other LAN`);
      stage.run(40_000);
      expectSameOwners(stage, others, `by the end of ${fault.kind} on the other LAN`);
      expectAllServed(stage);
    },
  };
}

export const oneLanInHalves = onOne('one LAN of two is cut in halves', {
  kind: 'partition',
  nodes: ['n1', 'n2'],
  oneWay: false,
  lan: 1,
  forMs: lastsMs,
});
export const oneLanLosesUdp = onOne(
  'one LAN of two drops what speakers say',
  { kind: 'udp filtered', lan: 1, forMs: lastsMs },
  'both',
);
export const oneLanDeaf = onOne('a node is deaf on one LAN of two', {
  kind: 'deaf',
  node: 'n2',
  lan: 1,
  forMs: lastsMs,
});

/** Much less than it takes to be sure that a node is dead. */
const toldWithinMs = 150;

/** The node says on the other LAN that its link is down, and nobody waits for it to be silent. */
export const cableOfOneLan: Scenario = {
  name: 'a node loses its cable on one LAN of two',
  topology,
  seeds: [1, 2],
  script: (stage) => {
    stage.run(20_000);
    for (const node of ['n1', 'n2', 'n3']) {
      const before = ownersOn(stage, 1);
      const others = ownersOn(stage, 0);
      stage.apply({ kind: 'carrier loss', node, lan: 1, forMs: lastsMs });
      stage.run(toldWithinMs);
      for (const [ip, owner] of before) {
        const now = stage.answerers.now(ip).join();
        stage.expect(
          owner !== node || isLocalAddress(stage, ip) || (now !== '' && now !== node),
          ip,
          `answered by ${now || 'nobody'}`,
        );
      }
      stage.run(lastsMs + 30_000);
      expectSameOwners(stage, others, 'by a cable of the other LAN');
      expectAllServed(stage);
    }
  },
};

export const crashOnTwoLans = onOne('a node crashes that is on two LANs', {
  kind: 'crash',
  program: 'speaker',
  node: 'n1',
  backAfterMs: 1_000,
});
