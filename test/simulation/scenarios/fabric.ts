// What fabrics do to the watchers: a switch that answers ARP for the dead, one that has a MAC address at the wrong port, and somebody on the LAN
// who repeats what speakers have said.
import { expectAllServed, expectSameOwners, owners, ownersForAll } from './look.ts';
import type { Scenario } from './scenario.ts';

const topology = { nodes: 5, services: 12, pools: 1, poolAddresses: 16, controllers: 1, clients: 2 };

export const arpSuppressed: Scenario = {
  name: 'node crash behind a switch that answers ARP for the dead',
  topology,
  seeds: [1, 2],
  script: (stage) => {
    stage.apply({ kind: 'arp suppression', forMs: 300_000 });
    stage.run(30_000);
    for (const node of ['n1', 'n2', 'n3']) {
      const before = ownersForAll(stage);
      stage.apply({ kind: 'power loss', node, forMs: 15_000 });
      // The bound of L3, as the switch is no fault of anybody's.
      stage.run(1_000);
      for (const [ip, owner] of before) {
        const now = stage.answerers.now(ip).join();
        stage.expect(
          owner !== node || (now !== '' && now !== node),
          ip,
          `answered by ${now || 'nobody'} after a crash`,
        );
      }
      stage.run(45_000);
      expectAllServed(stage);
    }
  },
};

/**
 * It hears what is said to all, so the others live, but nobody answers it. Without clients: where all others are suspects, a stranger's broadcast
 * is taken to show that this node is connected (layer2 §3.5), which proves nothing of what is sent to it alone.
 */
export const unicastsLost: Scenario = {
  name: 'what is sent to one node alone goes elsewhere',
  topology: { ...topology, clients: 0 },
  seeds: [1, 2],
  script: (stage) => {
    stage.run(20_000);
    for (const node of ['n2', 'n5', 'n4']) {
      const others = new Map([...owners(stage)].filter(([, owner]) => owner !== node));
      stage.apply({ kind: 'unicasts lost', node, forMs: 20_000 });
      stage.run(20_000);
      expectSameOwners(stage, others, `because ${node} gets no answers`);
      stage.run(30_000);
      expectAllServed(stage);
    }
  },
};

/** Old claims, releases, farewells and verdicts, all again, and again changed: nobody acts by them. */
export const replayed: Scenario = {
  name: 'what speakers said is said again by somebody else',
  topology,
  seeds: [1, 2],
  script: (stage) => {
    stage.run(20_000);
    stage.apply({ kind: 'replay', forMs: 150_000 });
    stage.run(10_000);
    stage.apply({ kind: 'exclude label', node: 'n2', forMs: 5_000 });
    stage.run(20_000);
    stage.apply({ kind: 'terminate', program: 'speaker', node: 'n3', backAfterMs: 500 });
    stage.run(20_000);
    const lost = new Map([...ownersForAll(stage)].filter(([, owner]) => owner === 'n4'));
    stage.apply({ kind: 'power loss', node: 'n4', forMs: 5_000 });
    stage.run(1_000);
    for (const ip of lost.keys()) stage.expect(stage.answerers.now(ip).length === 1, ip, 'taken over by nobody');
    stage.run(39_000);
    const before = owners(stage);
    stage.run(60_000);
    expectSameOwners(stage, before, 'by what was said before');
    stage.run(30_000);
    expectAllServed(stage);
  },
};
