// Worlds in which routers hear what they must not, or forget what they were told.
import { settle, type Dishonesty } from './dishonesty.ts';

const options = { routers: 1 } as const;

export const routingDishonesties: readonly Dishonesty[] = [
  {
    breaks: 'B1',
    how: 'a node withdraws what everybody wants',
    options,
    play: (world) => {
      settle(world);
      for (const router of world.routers) {
        const withdrawn = [...router.routesOf('n1').keys()];
        const update = { kind: 'update', withdrawn, announced: [], endOfRib: undefined } as const;
        world.tell((observer) => observer.routed?.(router, 'n1', { kind: 'update', update }));
      }
    },
  },
  {
    breaks: 'B1',
    how: 'a node ends its session, and nothing is wrong',
    options,
    play: (world) => {
      settle(world);
      for (const router of world.routers) {
        world.tell((observer) => observer.routed?.(router, 'n1', { kind: 'notification', code: 6, subcode: 2 }));
      }
    },
  },
  {
    breaks: 'B2',
    how: 'a router forgets a route',
    options,
    play: (world) => {
      settle(world);
      for (const router of world.routers) {
        const [prefix] = router.routesOf('n1').keys();
        router.forget('n1', prefix ?? '');
      }
      world.run(30_000);
    },
  },
  {
    breaks: 'B3',
    how: 'a node that is excluded ends its session at once',
    options,
    play: (world) => {
      settle(world);
      world.apply({ kind: 'exclude label', node: 'n1', forMs: 20_000 });
      for (const router of world.routers) {
        world.tell((observer) => observer.routed?.(router, 'n1', { kind: 'notification', code: 6, subcode: 2 }));
      }
    },
  },
];
