// Which frames wake the wire thread up: ARP that asks for, comes from or answers with one of the wanted addresses. The kernel runs this for
// every frame, so that a busy LAN costs us nothing; exact matching stays with the responder.
//
// Frames of a VLAN that has no device here arrive as PACKET_OTHERHOST: only what is meant for this host or for all passes.
import { arpOperations } from './arp.ts';
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
import { acceptIn, fittingProgram } from './span-tests.ts';
import type { Span } from './spans.ts';

/** Offsets in the frame. */
const etherTypeOffset = 12;
const operationOffset = 20;
const senderIpOffset = 28;
const targetIpOffset = 38;

/** Filter for IPv4 addresses, given as numbers; wider than asked for when they are many and scattered. */
export function arpFilter(addresses: readonly number[]): BpfProgram {
  return fittingProgram(addresses, filterFor);
}

/** All ARP to this host or to all: where the kernel has no room for the exact filter. */
export const coarseArpFilter: BpfProgram = [...arpToUs(), accept];

function filterFor(spans: readonly Span[]): BpfProgram {
  return [
    ...arpToUs(),
    // A reply to us answers a question of ours, whatever it is about.
    loadHalf(operationOffset),
    jumpEqual(arpOperations.reply, 0, 3),
    loadWord(packetTypeOffset),
    jumpEqual(packetTypes.host, 0, 1),
    accept,
    ...acceptIn(targetIpOffset, spans),
    ...acceptIn(senderIpOffset, spans),
    drop,
  ];
}

/** Goes on with ARP frames to this host or to all, drops the rest. */
function arpToUs(): readonly BpfInstruction[] {
  return [
    loadWord(packetTypeOffset),
    jumpGreater(packetTypes.broadcast, 2, 0),
    loadHalf(etherTypeOffset),
    jumpEqual(etherTypes.arp, 1, 0),
    drop,
  ];
}
