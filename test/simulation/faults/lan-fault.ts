// Faults of the network between the machines, made to happen.
import type { Cancel } from '#shared/runtime/clock.ts';
import type { World } from '../world/world.ts';
import type { LanFault } from './fault.ts';

export function beginLanFault(fault: LanFault, { lan, foreigner }: World): Cancel {
  switch (fault.kind) {
    case 'loss':
      return lan.lose(fault.percent);
    case 'loss in bursts':
      return lan.loseInBursts();
    case 'duplication':
      return lan.duplicate(fault.percent);
    case 'reordering':
      return lan.reorder();
    case 'partition':
      return lan.partition(fault.nodes, { oneWay: fault.oneWay });
    case 'udp filtered':
      return lan.filterUdp();
    case 'multicast filtered':
      return lan.filterMulticast();
    case 'foreign claim':
      return foreigner.claim(fault.ip);
  }
}
