// Which datagrams come from a neighbour: those whose hop limit no router has counted down (GTSM, RFC 5082 §3). IP_MINTTL would be simpler, but
// Linux heeds it for TCP only.
import type { Family } from '#shared/net/ip.ts';
import { drop, jumpEqual, keep, loadHalf, type BpfProgram } from './classic-bpf.ts';

/** A load from here on counts from the network header; a UDP socket's filter else sees the UDP header first (SKF_NET_OFF, -0x100000). */
const networkHeader = 0xfff0_0000;
const udp = 17;
const hopLimit = 255;
const wholeDatagram = keep(0xffff);

/** Hop limit and protocol are neighbours in both headers, in another order. Extension headers do not pass: we send none. */
const where: Readonly<Record<Family, { readonly offset: number; readonly value: number }>> = {
  IPv4: { offset: networkHeader + 8, value: (hopLimit << 8) | udp },
  IPv6: { offset: networkHeader + 6, value: (udp << 8) | hopLimit },
};

export function fromNeighbourFilter(family: Family): BpfProgram {
  const { offset, value } = where[family];
  return [loadHalf(offset), jumpEqual(value, 0, 1), wholeDatagram, drop];
}
