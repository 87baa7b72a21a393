// A node loses power: its addresses, and no others, are answered by the rest of the cluster within a second; it comes back.
import { expectAllServed, expectUnmoved, owners, shown } from './look.ts';
import type { Scenario } from './scenario.ts';

/** Suspicion, rounds and announcements: the bound of L3, and what clients take to hear of it. */
const noticedMs = 1_500;
/** The crash comes at another phase of the beat with each seed. */
const phaseMs = 23;

function crashOf(name: string, nodes: number, dead: readonly string[]): Scenario {
  return {
    name,
    topology: { nodes, services: 12, pools: 1, poolAddresses: 16, controllers: 2, clients: 3 },
    seeds: [1, 2, 3, 4],
    script: (stage) => {
      stage.run(20_000 + phaseMs * stage.world.options.seed);
      const before = shown(stage);
      const answering = owners(stage);
      for (const node of dead) stage.apply({ kind: 'power loss', node, forMs: 60_000 });
      stage.run(noticedMs);
      for (const [ip, node] of answering) {
        if (!dead.includes(node)) stage.expect(stage.answerers.now(ip).join() === node, ip, `moved away from ${node}`);
      }
      if (2 * dead.length < nodes) expectAllServed(stage, { local: false });
      stage.run(30_000);
      expectAllServed(stage, { local: false });
      expectUnmoved(stage, before);
      stage.run(120_000);
      expectAllServed(stage);
      expectUnmoved(stage, before);
    },
  };
}

export const nodeCrash = crashOf('node crash', 3, ['n2']);
export const twoNodesCrash = crashOf('two nodes crash at once', 5, ['n1', 'n4']);
export const mostNodesCrash = crashOf('most nodes crash', 5, ['n1', 'n2', 'n3']);
export const oneOfTwoCrashes = crashOf('one of two nodes crashes', 2, ['n1']);
export const fiveOfTenCrash = crashOf('half of the nodes crash at once', 10, ['n1', 'n2', 'n3', 'n4', 'n5']);
export const fourOfTenCrash = crashOf('fewer than half of the nodes crash at once', 10, ['n2', 'n4', 'n6', 'n8']);
export const sixOfTenCrash = crashOf('more than half of the nodes crash at once', 10, [
  'n2',
  'n3',
  'n5',
  'n6',
  'n8',
  'n9',
]);
