// Which frames wake the wire thread up: ARP that asks for, comes from or answers with one of the wanted addresses. The kernel runs this for
// every frame, so that a busy LAN costs us nothing; exact matching stays with the responder.
//
// Frames of a VLAN that has no device here arrive as PACKET_OTHERHOST: only what is meant for this host or for all passes.
import {
  jump,
  jumpEqual,
  jumpGreater,
  jumpGreaterOrEqual,
  keep,
  loadHalf,
  loadWord,
  packetTypeOffset,
  packetTypes,
  type BpfInstruction,
  type BpfProgram,
} from './classic-bpf.ts';
import { arpOperations } from './arp.ts';
import { etherTypes } from './ethernet.ts';
import { mergeSpans, spansOf, type Span } from './spans.ts';

/** Offsets in the frame. */
const etherTypeOffset = 12;
const operationOffset = 20;
const senderIpOffset = 28;
const targetIpOffset = 38;

/** More than any frame of ours. */
const keptOctets = 256;
const drop = keep(0);
const accept = keep(keptOctets);

const maxSpans = 256;
/**
 * Kernels before 6.7 charge the translated program against 20,480 octets of option memory per socket, while the program that it replaces
 * still counts; twice this many instructions fit.
 */
export const maxInstructions = 600;
/** A jump reaches at most 255 instructions: every so many tests there is a return to jump to. */
const maxBlockInstructions = 200;

/** Filter for IPv4 addresses, given as numbers; wider than asked for when they are many and scattered. */
export function arpFilter(addresses: readonly number[]): BpfProgram {
  const spans = spansOf(addresses);
  let most = Math.min(maxSpans, spans.length);
  let program = filterFor(mergeSpans(spans, Math.max(1, most)));
  while (program.length > maxInstructions) {
    most = Math.floor((most * maxInstructions) / (program.length + 1));
    program = filterFor(mergeSpans(spans, most));
  }
  return program;
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

/** Accepts when the word at `offset` lies in a span, else goes on behind. */
function acceptIn(offset: number, spans: readonly Span[]): readonly BpfInstruction[] {
  const blocks: Span[][] = [[]];
  let length = 0;
  for (const span of spans) {
    const added = testLength(span);
    if (length + added > maxBlockInstructions) {
      blocks.push([]);
      length = 0;
    }
    blocks.at(-1)?.push(span);
    length += added;
  }
  return [loadWord(offset), ...blocks.flatMap(testBlock)];
}

function testLength({ first, last }: Span): number {
  return first === last ? 1 : 2;
}

/** Tests, a jump over the return behind them, and the return. */
function testBlock(spans: readonly Span[]): readonly BpfInstruction[] {
  let toReturn = spans.reduce((sum, span) => sum + testLength(span), 0);
  const tests: BpfInstruction[] = [];
  for (const span of spans) {
    if (span.first === span.last) {
      tests.push(jumpEqual(span.first, toReturn, 0));
    } else {
      tests.push(jumpGreaterOrEqual(span.first, 0, 1), jumpGreater(span.last, 0, toReturn - 1));
    }
    toReturn -= testLength(span);
  }
  return [...tests, jump(1), accept];
}
