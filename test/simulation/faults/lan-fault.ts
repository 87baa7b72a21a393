// Faults of the network between the machines, made to happen.
import type { Cancel } from '#shared/runtime/clock.ts';
import type { Segment } from '../lan/segment.ts';
import type { World } from '../world/world.ts';
import type { LanFault } from './fault.ts';

export function beginLanFault(fault: LanFault, world: World): Cancel {
  const lans = world.lans.filter((_, number) => fault.lan === undefined || fault.lan === number);
  const ends = lans.map((lan) => beginOn(lan, fault, world));
  return () => {
    for (const end of ends) end();
  };
}

function beginOn(lan: Segment, fault: LanFault, { foreigner }: World): Cancel {
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
    case 'arp suppression':
      return lan.suppressArp();
    case 'unicasts lost':
      return lan.losesUnicasts(fault.node);
    case 'replay':
      return lan.replay();
    case 'foreign claim':
      return foreigner.attachment.segment === lan ? foreigner.claim(fault.ip) : (): void => {};
  }
}
