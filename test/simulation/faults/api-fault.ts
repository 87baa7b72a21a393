// Faults of the apiserver and of the way to it, made to happen.
import type { Cancel } from '#shared/runtime/clock.ts';
import type { World } from '../world/world.ts';
import type { ApiFault } from './fault.ts';

export function beginApiFault(fault: ApiFault, { apiserver }: World): Cancel {
  const { troubles } = apiserver;
  switch (fault.kind) {
    case 'api outage':
      return apiserver.outage();
    case 'api restart':
      return apiserver.restart({ emptyListsMs: fault.emptyListsMs });
    case 'api cut': {
      const nodes = new Set<string | undefined>(fault.nodes);
      return apiserver.cut(({ node }) => nodes.has(node));
    }
    case 'api slow':
      return troubles.slow({ delayMs: fault.delayMs });
    case 'answers lost':
      return troubles.loseAnswers({ percent: fault.percent });
    case 'requests lost':
      return troubles.loseRequests({ percent: fault.percent });
    case 'refusals':
      return troubles.refuse(fault);
    case 'resource outage':
      return troubles.withhold(fault.plural);
    case 'watch lag':
      return troubles.delayWatches({ lagMs: fault.lagMs });
    case 'watches reset':
      apiserver.resetWatches();
      return () => {};
    case 'compaction':
      apiserver.compact();
      return () => {};
    case 'stale replica':
      return troubles.staleReplica({ lagMs: fault.lagMs });
  }
}
