// A node's interface card is replaced, and again at once: neighbours believe each announcement as it comes.
import type { Families } from '../world/address-plan.ts';
import { expectAllServed } from './look.ts';
import type { Scenario } from './scenario.ts';

/** A neighbour that learnt something less than a second ago takes only what RFC 5227 has it take. */
const secondAfterMs = 300;
const learntWithinMs = 400;

function changing(name: string, families: Families): Scenario {
  return { ...twice, name, topology: { ...twice.topology, families } };
}

const twice: Omit<Scenario, 'name'> = {
  topology: { nodes: 3, services: 12, pools: 1, poolAddresses: 16, controllers: 1, clients: 3 },
  seeds: [1, 2],
  script: (stage) => {
    stage.run(30_000);
    for (const node of ['n1', 'n2', 'n3']) stage.apply({ kind: 'mac change', node });
    stage.run(secondAfterMs);
    for (const node of ['n1', 'n2', 'n3']) stage.apply({ kind: 'mac change', node });
    stage.run(learntWithinMs);
    expectAllServed(stage);
  },
};

export const macChanges = changing('MAC address changes twice in a second', 'IPv4');
export const macChangesIpv6 = changing('MAC address changes twice in a second, IPv6', 'IPv6');
