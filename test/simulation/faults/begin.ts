// Makes a fault of a schedule happen in the world.
import type { Cancel } from '#shared/runtime/clock.ts';
import type { World } from '../world/world.ts';
import { beginApiFault } from './api-fault.ts';
import type { Fault } from './fault.ts';
import { beginLanFault } from './lan-fault.ts';
import { beginLinkFault, beginNodeFault } from './node-fault.ts';
import { beginProcessFault } from './process-fault.ts';
import { beginRouterFault } from './router-fault.ts';

/** Answers with what ends it. */
export function begin(fault: Fault, world: World): Cancel {
  switch (fault.kind) {
    case 'crash':
    case 'terminate':
    case 'pause':
    case 'slow':
    case 'garbage collection':
    case 'surge':
    case 'roll':
      return beginProcessFault(fault, world);
    case 'power loss':
    case 'kernel hang':
    case 'freeze':
    case 'clock step':
    case 'not ready':
    case 'wrong key':
    case 'kube-proxy stuck':
    case 'state lost':
    case 'state stale':
    case 'state cut off':
    case 'killed while writing':
      return beginNodeFault(fault, world);
    case 'carrier loss':
    case 'flap':
    case 'deaf':
    case 'mute':
    case 'mac change':
      return beginLinkFault(fault, world);
    case 'loss':
    case 'loss in bursts':
    case 'duplication':
    case 'reordering':
    case 'partition':
    case 'udp filtered':
    case 'multicast filtered':
    case 'arp suppression':
    case 'unicasts lost':
    case 'replay':
    case 'foreign claim':
      return beginLanFault(fault, world);
    case 'api outage':
    case 'api restart':
    case 'api cut':
    case 'api slow':
    case 'answers lost':
    case 'requests lost':
    case 'refusals':
    case 'resource outage':
    case 'watch lag':
    case 'watches reset':
    case 'compaction':
    case 'stale replica':
      return beginApiFault(fault, world);
    case 'router restart':
    case 'router reset':
    case 'bgp cut':
      return beginRouterFault(fault, world);
    default:
      return world.users.act(fault);
  }
}

/** How long it lasts; 0: it is done at once. */
export function durationMs(fault: Fault): number {
  return 'forMs' in fault ? fault.forMs : 0;
}
