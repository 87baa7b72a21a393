// Which frames wake the wire thread up: neighbour discovery about one of the wanted addresses, from a neighbour. The kernel runs this for
// every IPv6 packet that comes in, so that traffic costs us nothing; exact matching stays with the responder.
//
// ICMPv6 behind extension headers does not pass: RFC 6980 forbids fragments, and others are unknown in practice.
import {
  accept,
  drop,
  jumpEqual,
  jumpGreater,
  loadHalf,
  loadWord,
  packetTypeOffset,
  packetTypes,
  type BpfInstruction,
  type BpfProgram,
} from './classic-bpf.ts';
import { etherTypes } from './ethernet.ts';
import { ndpTypes } from './ndp.ts';
import { acceptIn, fittingProgram } from './span-tests.ts';

/** Offsets in the frame. */
const etherTypeOffset = 12;
const nextHeaderOffset = 20;
const typeOffset = 54;
/** The target's last four octets: more of them agree by chance only. */
const targetEndOffset = 74;

/** Two octets as one load sees them. */
const icmpv6FromNeighbour = (58 << 8) | 255;
const withCode0 = (type: number): number => type << 8;

/** Filter for IPv6 addresses, given as the numbers of their last four octets; wider than asked for when they are many and scattered. */
export function ndpFilter(addressEnds: readonly number[]): BpfProgram {
  if (addressEnds.length === 0) return [drop];
  return fittingProgram(addressEnds, (spans) => [
    ...icmpv6ToUs(ndpTypes.solicitation, ndpTypes.advertisement),
    ...acceptIn(targetEndOffset, spans),
    drop,
  ]);
}

/** All neighbour discovery to this host or to its groups: where the kernel has no room for the exact filter. */
export const coarseNdpFilter: BpfProgram = [...icmpv6ToUs(ndpTypes.solicitation, ndpTypes.advertisement), accept];

/** Goes on with messages of two types from neighbours to this host, its groups or all; drops the rest. */
export function icmpv6ToUs(oneType: number, otherType: number): readonly BpfInstruction[] {
  return [
    loadWord(packetTypeOffset),
    jumpGreater(packetTypes.multicast, 7, 0),
    loadHalf(etherTypeOffset),
    jumpEqual(etherTypes.ipv6, 0, 5),
    loadHalf(nextHeaderOffset),
    jumpEqual(icmpv6FromNeighbour, 0, 3),
    loadHalf(typeOffset),
    jumpEqual(withCode0(oneType), 2, 0),
    jumpEqual(withCode0(otherType), 1, 0),
    drop,
  ];
}
