// What all messages of neighbour discovery are in (RFC 4861 §6.1, §7.1): ICMPv6 of code 0 from a neighbour, in an Ethernet frame (RFC 2464).
import { ByteReader } from '#shared/net/byte-reader.ts';
import type { Ip } from '#shared/net/ip.ts';
import { WireError } from '#shared/net/wire-error.ts';
import { decodeEthernetHeader, encodeEthernetFrame, etherTypes, type EthernetHeader } from './ethernet.ts';
import { decodeIcmpv6, encodeIcmpv6 } from './icmpv6.ts';
import { isMulticastIp } from './ipv6-multicast.ts';

export interface NdpHeaders {
  readonly ethernet: EthernetHeader;
  /** Of the IPv6 header; `::` when the sender has no address yet. */
  readonly source: Ip;
  readonly destination: Ip;
}

export interface NdpBody {
  readonly headers: NdpHeaders;
  readonly type: number;
  /** At what follows the checksum. */
  readonly body: ByteReader;
}

export const unspecified = '::' as Ip;

/** Reads a whole frame, whatever its padding. Throws WireError. */
export function decodeNdpHeaders(frame: Uint8Array): NdpBody {
  const reader = new ByteReader(frame);
  const ethernet = decodeEthernetHeader(reader);
  if (ethernet.etherType !== etherTypes.ipv6) {
    throw new WireError('unsupported', `EtherType 0x${ethernet.etherType.toString(16)} is not IPv6`);
  }
  const { source, destination, type, code, body } = decodeIcmpv6(reader);
  if (code !== 0) throw new WireError('malformed', `code ${code}`);
  // RFC 4291 §2.7
  if (isMulticastIp(source)) throw new WireError('malformed', `multicast source ${source}`);
  return { headers: { ethernet, source, destination }, type, body: new ByteReader(body) };
}

/** The whole frame, padded to its least length. */
export function encodeNdpHeaders(
  { ethernet, source, destination }: NdpHeaders,
  type: number,
  body: Uint8Array,
): Uint8Array {
  const payload = encodeIcmpv6({ source, destination, type, code: 0, body });
  return encodeEthernetFrame(ethernet, payload.length, (frame) => void frame.bytes(payload));
}
