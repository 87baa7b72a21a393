// MP_REACH_NLRI and MP_UNREACH_NLRI (RFC 4760 §3, §4): routes of any family inside attributes.
//
//  MP_REACH_NLRI                                       MP_UNREACH_NLRI
//  +-------------------------------+---------------+   +-------------------------------+---------------+
//  |             AFI               |     SAFI      |   |             AFI               |     SAFI      |
//  +---------------+---------------+---------------+   +-------------------------------+---------------+
//  | length        | next hop (variable)             |   prefixes (variable)
//  +---------------+---------------+---------------+   +-----------------------------------------------+
//  | reserved (0)  | prefixes (variable)
//  +---------------+-------------------------------+
import { ByteReader } from '#shared/net/byte-reader.ts';
import { ByteWriter } from '#shared/net/byte-writer.ts';
import type { AfiSafi } from './family.ts';
import type { Nlri } from './nlri.ts';

export interface MpReach extends AfiSafi {
  readonly kind: 'mpReach';
  /** One address, or a global and a link-local one (RFC 2545 §3). */
  readonly nextHop: Uint8Array;
  readonly nlri: Nlri;
}

export interface MpUnreach extends AfiSafi {
  readonly kind: 'mpUnreach';
  readonly withdrawn: Nlri;
}

/** Octets of the value before the prefixes. */
export const mpReachFixedOctets = 5;
export const mpUnreachFixedOctets = 3;

export function encodeMpReach({ afi, safi, nextHop, nlri }: MpReach): Uint8Array {
  return new ByteWriter(mpReachFixedOctets + nextHop.length + nlri.length)
    .u16(afi)
    .u8(safi)
    .u8(nextHop.length)
    .bytes(nextHop)
    .u8(0)
    .bytes(nlri)
    .finish();
}

/** Throws WireError. Whether next hop and prefixes are right depends on what was negotiated: `decodeUpdateBody` judges them. */
export function decodeMpReach(value: Uint8Array): MpReach {
  const reader = new ByteReader(value);
  const family: AfiSafi = { afi: reader.u16(), safi: reader.u8() };
  const nextHop = reader.bytes(reader.u8());
  // Ignored on receipt; once a count of SNPAs that nobody has ever sent.
  reader.skip(1);
  return { kind: 'mpReach', ...family, nextHop, nlri: reader.bytes(reader.remaining) };
}

export function encodeMpUnreach({ afi, safi, withdrawn }: MpUnreach): Uint8Array {
  return new ByteWriter(mpUnreachFixedOctets + withdrawn.length).u16(afi).u8(safi).bytes(withdrawn).finish();
}

/** Throws WireError. */
export function decodeMpUnreach(value: Uint8Array): MpUnreach {
  const reader = new ByteReader(value);
  return { kind: 'mpUnreach', afi: reader.u16(), safi: reader.u8(), withdrawn: reader.bytes(reader.remaining) };
}
