// AS_PATH and AS4_PATH (RFC 4271 §4.3, RFC 5065 §3, RFC 6793 §4): segments, each a type, a count and AS numbers of two or four octets.
import assert from 'node:assert';
import { ByteReader } from '#shared/net/byte-reader.ts';
import { ByteWriter } from '#shared/net/byte-writer.ts';
import { WireError } from '#shared/net/wire-error.ts';
import { twoOctetAs } from './open.ts';

const segmentTypes = { set: 1, sequence: 2, confederationSequence: 3, confederationSet: 4 } as const;

export interface AsPathSegment {
  readonly type: keyof typeof segmentTypes;
  readonly asns: readonly number[];
}

export type AsPath = readonly AsPathSegment[];

const maxAsnsInSegment = 255;
const typeOf = new Map(
  Object.entries(segmentTypes).map(([type, number]) => [number as number, type as AsPathSegment['type']]),
);

/** The path of what we originate: our AS `count` times, none within our own AS. */
export function originatedPath(asn: number, count: number): AsPath {
  const segments: AsPathSegment[] = [];
  for (let left = count; left > 0; left -= maxAsnsInSegment) {
    segments.push({ type: 'sequence', asns: Array<number>(Math.min(left, maxAsnsInSegment)).fill(asn) });
  }
  return segments;
}

/** What a two-octet speaker is given: AS_TRANS in place of what has no room (RFC 6793 §4.2.2). */
export function twoOctetPath(path: AsPath): AsPath {
  return path.map(({ type, asns }) => ({ type, asns: asns.map(twoOctetAs) }));
}

export function needsFourOctets(path: AsPath): boolean {
  return path.some(({ asns }) => asns.some((asn) => asn > 0xffff));
}

export function encodeAsPath(path: AsPath, fourOctetAs: boolean): Uint8Array {
  const asnOctets = fourOctetAs ? 4 : 2;
  const writer = new ByteWriter(path.reduce((sum, { asns }) => sum + 2 + asns.length * asnOctets, 0));
  for (const { type, asns } of path) {
    assert(asns.length > 0, 'an empty segment is malformed');
    writer.u8(segmentTypes[type]).u8(asns.length);
    for (const asn of asns) {
      if (fourOctetAs) writer.u32(asn);
      else writer.u16(asn);
    }
  }
  return writer.finish();
}

/** Throws WireError for what RFC 7606 §7.2 and RFC 7607 §2 call malformed. */
export function decodeAsPath(value: Uint8Array, fourOctetAs: boolean): AsPath {
  const reader = new ByteReader(value);
  const path: AsPathSegment[] = [];
  while (reader.remaining > 0) {
    const [code, count] = [reader.u8(), reader.u8()];
    const type = typeOf.get(code);
    if (type === undefined) throw new WireError('malformed', `AS path segment of type ${code}`);
    if (count === 0) throw new WireError('malformed', 'an AS path segment without AS numbers');
    const asns: number[] = [];
    while (asns.length < count) asns.push(fourOctetAs ? reader.u32() : reader.u16());
    if (asns.includes(0)) throw new WireError('malformed', 'AS 0 in an AS path');
    path.push({ type, asns });
  }
  return path;
}

/** Confederations end where their neighbours begin: from outside, such segments are an error (RFC 5065 §5). */
export function hasConfederationSegment(path: AsPath): boolean {
  return path.some(({ type }) => type === 'confederationSequence' || type === 'confederationSet');
}
