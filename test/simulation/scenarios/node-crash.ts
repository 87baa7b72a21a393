// A node loses power: its addresses, and no others, are answered by the rest of the cluster once it is seen as not ready; it comes back.
import { expectAllServed, expectUnmoved, owners, shown } from './look.ts';
import type { Scenario } from './scenario.ts';

/** The Ready condition is the only sign of it so far: 50 s of grace and the watch's lag. */
const noticedMs = 60_000;

function crashOf(name: string, nodes: number, dead: readonly string[]): Scenario {
  return {
    name,
    topology: { nodes, services: 12, pools: 1, poolAddresses: 16, controllers: 2, clients: 3 },
    seeds: [1, 2],
    script: (stage) => {
      stage.run(20_000);
      const before = shown(stage);
      const answering = owners(stage);
      for (const node of dead) stage.apply({ kind: 'power loss', node, forMs: 150_000 });
      stage.run(noticedMs);
      for (const [ip, node] of answering) {
        if (!dead.includes(node)) stage.expect(stage.answerers.now(ip).join() === node, ip, `moved away from ${node}`);
      }
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
