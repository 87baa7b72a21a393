// Which frames wake the wire thread up for unnumbered BGP peers: router solicitations and advertisements of neighbours. They come whole, for a
// checksum is over all of a message and advertisements are as long as a link allows.
import { keep, type BpfProgram } from './classic-bpf.ts';
import { icmpv6ToUs } from './ndp-filter.ts';
import { routerTypes } from './router-message.ts';

const wholeFrame = keep(0xffff);

export const routerFilter: BpfProgram = [
  ...icmpv6ToUs(routerTypes.routerSolicitation, routerTypes.routerAdvertisement),
  wholeFrame,
];
