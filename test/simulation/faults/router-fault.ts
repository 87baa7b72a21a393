// Faults of routers that nodes tell their routes, made to happen. Where there is no such router nothing happens.
import type { Cancel } from '#shared/runtime/clock.ts';
import type { World } from '../world/world.ts';
import type { RouterFault } from './fault.ts';

export function beginRouterFault(fault: RouterFault, { routers, tcp }: World): Cancel {
  const router = routers[fault.router];
  if (router === undefined) return () => {};
  switch (fault.kind) {
    case 'router restart':
      router.stop();
      return () => router.start();
    case 'router reset':
      router.reset();
      return () => {};
    case 'bgp cut': {
      const ends = fault.nodes.map((node) => tcp.cut(node, router.name));
      return () => {
        for (const end of ends) end();
      };
    }
  }
}
