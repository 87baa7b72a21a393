// Communities of three kinds, as numbers and octets: standard (RFC 1997), extended (RFC 4360) and large (RFC 8092).
import { ByteReader } from '#shared/net/byte-reader.ts';
import { ByteWriter } from '#shared/net/byte-writer.ts';
import { WireError } from '#shared/net/wire-error.ts';
import { twoOctetAs } from './open.ts';

/** AS number in the upper, value in the lower 16 bits. */
export type Community = number;

/** All 64 bits. */
export type ExtendedCommunity = bigint;

export interface LargeCommunity {
  readonly globalAdministrator: number;
  readonly localData1: number;
  readonly localData2: number;
}

/** Of IANA's well-known ones those that we send or name (RFC 8326, RFC 9494, RFC 1997). */
export const wellKnownCommunities = {
  gracefulShutdown: 0xffff_0000,
  longLivedGracefulRestartStale: 0xffff_0006,
  noLongLivedGracefulRestart: 0xffff_0007,
  blackhole: 0xffff_029a,
  noExport: 0xffff_ff01,
  noAdvertise: 0xffff_ff02,
} as const;

const nameOf = new Map<Community, string>(Object.entries(wellKnownCommunities).map(([name, value]) => [value, name]));

/** `64512:100`, or a well-known one's name. */
export function formatCommunity(community: Community): string {
  return nameOf.get(community) ?? `${community >>> 16}:${community & 0xffff}`;
}

/** Everybody shall prefer other routes: this one goes soon (RFC 8326). */
export const { gracefulShutdown } = wellKnownCommunities;

const linkBandwidthType = { transitive: 0x0004, nonTransitive: 0x4004 } as const;

/** draft-ietf-idr-link-bandwidth: octets per second as an IEEE 754 number. */
export function linkBandwidth(
  asn: number,
  octetsPerSecond: number,
  kind: keyof typeof linkBandwidthType,
): ExtendedCommunity {
  const number = new DataView(new ArrayBuffer(4));
  number.setFloat32(0, octetsPerSecond);
  return (BigInt(linkBandwidthType[kind]) << 48n) | (BigInt(twoOctetAs(asn)) << 32n) | BigInt(number.getUint32(0));
}

/** Ascending and each once, as RFC 8092 §5 wants it sent and as it is good for the others. */
export function sortCommunities(communities: readonly Community[]): readonly Community[] {
  return [...new Set(communities)].toSorted((a, b) => a - b);
}

export function sortExtendedCommunities(communities: readonly ExtendedCommunity[]): readonly ExtendedCommunity[] {
  return [...new Set(communities)].toSorted((a, b) => (a < b ? -1 : 1));
}

export function sortLargeCommunities(communities: readonly LargeCommunity[]): readonly LargeCommunity[] {
  return communities.toSorted(compareLarge).filter((one, index, all) => {
    const before = all[index - 1];
    return before === undefined || compareLarge(before, one) !== 0;
  });
}

function compareLarge(a: LargeCommunity, b: LargeCommunity): number {
  return a.globalAdministrator - b.globalAdministrator || a.localData1 - b.localData1 || a.localData2 - b.localData2;
}

export function encodeCommunities(communities: readonly Community[]): Uint8Array {
  const writer = new ByteWriter(communities.length * 4);
  for (const community of communities) writer.u32(community);
  return writer.finish();
}

export function decodeCommunities(value: Uint8Array): readonly Community[] {
  return items(value, 4, (reader) => reader.u32());
}

export function encodeExtendedCommunities(communities: readonly ExtendedCommunity[]): Uint8Array {
  const writer = new ByteWriter(communities.length * 8);
  for (const community of communities) writer.u64(community);
  return writer.finish();
}

export function decodeExtendedCommunities(value: Uint8Array): readonly ExtendedCommunity[] {
  return items(value, 8, (reader) => reader.u64());
}

export function encodeLargeCommunities(communities: readonly LargeCommunity[]): Uint8Array {
  const writer = new ByteWriter(communities.length * 12);
  for (const { globalAdministrator, localData1, localData2 } of communities) {
    writer.u32(globalAdministrator).u32(localData1).u32(localData2);
  }
  return writer.finish();
}

export function decodeLargeCommunities(value: Uint8Array): readonly LargeCommunity[] {
  return items(value, 12, (reader) => ({
    globalAdministrator: reader.u32(),
    localData1: reader.u32(),
    localData2: reader.u32(),
  }));
}

/** At least one, and nothing left over. Throws WireError. */
export function items<Item>(value: Uint8Array, octets: number, read: (reader: ByteReader) => Item): readonly Item[] {
  if (value.length === 0 || value.length % octets !== 0) {
    throw new WireError('malformed', `${value.length} octets are not one or more items of ${octets}`);
  }
  const reader = new ByteReader(value);
  const found: Item[] = [];
  while (reader.remaining > 0) found.push(read(reader));
  return found;
}
