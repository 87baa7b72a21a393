// The speakers' own messages as one who listens on the LAN reads them (spec/layer2.md §8): not the product's codec, so that an error there does
// not cancel out here. Only what checkers and traces look at.
import { ipFromBytes, type Ip } from '#shared/net/ip.ts';
import { ipv4Text, readU16, readU32 } from './octets.ts';

export const segmentMessages = [
  'unknown',
  'hello',
  'beat',
  'ping',
  'table',
  'table request',
  'claim',
  'release',
  'offer',
  'refuse',
  'query',
  'vote',
  'down',
  'up',
  'leaving',
  'link down',
  'challenge',
  'response',
] as const;

export type SegmentMessageKind = (typeof segmentMessages)[number];

export interface SegmentMessage {
  readonly kind: SegmentMessageKind;
  readonly joining: boolean;
  /** 16 hexadecimal digits, as all ids of nodes here. */
  readonly sender: string;
  readonly body: Uint8Array;
}

export interface ClaimedAddress {
  readonly ip: Ip;
  readonly epoch: number;
  readonly minority: boolean;
  readonly silent: boolean;
}

const magic = 0x4c32;
const headerOctets = 32;
const tagOctets = 16;
const [ipv6Flag, minorityFlag, silentFlag] = [1, 2, 8];
/** Where the list of addresses begins. */
const listOffsets: Partial<Record<SegmentMessageKind, number>> = {
  table: 16,
  claim: 1,
  release: 1,
  offer: 5,
  refuse: 5,
};
/** Where the node is named that it is about. */
const aboutOffsets: Partial<Record<SegmentMessageKind, number>> = { table: 0, query: 4, vote: 4, down: 0, up: 0 };
const downCauseOffset = 16;
const downCauses = ['unknown', 'silent', 'deaf', 'link', 'speakerDown'] as const;
/** Too many to be told of each. */
const untold: ReadonlySet<SegmentMessageKind> = new Set<SegmentMessageKind>(['beat', 'hello', 'ping']);

/** Of its first octets only: nearly all datagrams are beats, which nobody looks into. */
export function kindOfMessage(datagram: unknown): SegmentMessageKind {
  if (!(datagram instanceof Uint8Array) || readU16(datagram, 0) !== magic) return 'unknown';
  return segmentMessages[datagram[3] ?? 0] ?? 'unknown';
}

export function readSegmentMessage(datagram: unknown): SegmentMessage | undefined {
  const kind = kindOfMessage(datagram);
  if (kind === 'unknown' || !(datagram instanceof Uint8Array)) return undefined;
  const joining = (readU16(datagram, 4) & 1) === 1;
  const body = datagram.subarray(headerOctets, datagram.length - tagOctets);
  return { kind, joining, sender: readId(datagram, 8), body };
}

/** Those that it lists. */
export function addressesIn({ kind, body }: SegmentMessage): readonly ClaimedAddress[] {
  const offset = listOffsets[kind];
  if (offset === undefined) return [];
  const found: ClaimedAddress[] = [];
  let at = offset + 2;
  for (let left = readU16(body, offset); left > 0; left--) {
    const [epoch, flags] = [readU32(body, at), body[at + 4] ?? 0];
    const isIpv6 = (flags & ipv6Flag) !== 0;
    const ip = isIpv6 ? ipFromBytes(body.subarray(at + 5, at + 21)) : ipv4Text(readU32(body, at + 5));
    const [minority, silent] = [(flags & minorityFlag) !== 0, (flags & silentFlag) !== 0];
    found.push({ ip, epoch, minority, silent });
    at += isIpv6 ? 21 : 9;
  }
  return found;
}

/** The id of the node that it is about. */
export function aboutOf({ kind, body }: SegmentMessage): string | undefined {
  const offset = aboutOffsets[kind];
  return offset === undefined ? undefined : readId(body, offset);
}

/** Of a DOWN. */
export function downCauseOf({ body }: SegmentMessage): (typeof downCauses)[number] {
  return downCauses[body[downCauseOffset] ?? 0] ?? 'unknown';
}

/** As the trace has it. Undefined: not worth a line. */
export function describeSegmentMessage(
  datagram: unknown,
  nameOf: (id: string) => string,
): { readonly event: string; readonly subject: string; readonly detail: string } | undefined {
  if (untold.has(kindOfMessage(datagram))) return undefined;
  const message = readSegmentMessage(datagram);
  if (message === undefined) return undefined;
  const about = aboutOf(message);
  const cause = message.kind === 'down' ? ` ${downCauseOf(message)}` : '';
  const list = addressesIn(message).map(({ ip, epoch, minority, silent }) => {
    return `${ip} @${epoch}${minority ? ' minority' : ''}${silent ? ' silent' : ''}`;
  });
  return {
    event: `segment ${message.kind}${message.joining ? ' joining' : ''}`,
    subject: `${about === undefined ? '' : nameOf(about)}${cause}`,
    detail: list.join(', '),
  };
}

function readId(octets: Uint8Array, at: number): string {
  return [readU32(octets, at), readU32(octets, at + 4)].map((half) => half.toString(16).padStart(8, '0')).join('');
}
