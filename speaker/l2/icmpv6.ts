// ICMPv6 in IPv6 between neighbours (RFC 8200 §3, RFC 4443 §2): what no router has forwarded, so the hop limit is always 255.
//
//   0                   1                   2                   3
//   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//  +-------+---------------+---------------------------------------+
//  |  6    | traffic class |              flow label               |
//  +-------------------------------+---------------+---------------+
//  |        payload length         | next hdr (58) | hop lim (255) |
//  +-------------------------------+---------------+---------------+
//  |                      source address (16)                      |
//  +---------------------------------------------------------------+
//  |                   destination address (16)                    |
//  +---------------+---------------+-------------------------------+
//  |     type      |     code      |           checksum            |
//  +---------------+---------------+-------------------------------+
//  |                            body …
import { ByteReader } from '#shared/net/byte-reader.ts';
import { ByteWriter } from '#shared/net/byte-writer.ts';
import { ipFromBytes, ipToBytes, type Ip } from '#shared/net/ip.ts';
import { WireError } from '#shared/net/wire-error.ts';

/** Traffic class and flow label are ignored when read, and 0 when written. */
export interface Icmpv6Packet {
  readonly source: Ip;
  readonly destination: Ip;
  readonly type: number;
  readonly code: number;
  /** What follows the checksum. */
  readonly body: Uint8Array;
}

const version = 6;
const nextHeaderIcmpv6 = 58;
/** A router would have counted it down (RFC 4861 §3.1). */
const neighbourHopLimit = 255;
const ipv6HeaderLength = 40;
const icmpv6HeaderLength = 4;
const checksumOffset = 2;
const ipv6Bytes = 16;

/** Takes the packet from the front; what the reader has left is padding. The body is not copied. Throws WireError. */
export function decodeIcmpv6(reader: ByteReader): Icmpv6Packet {
  const foundVersion = reader.u32() >>> 28;
  if (foundVersion !== version) throw new WireError('malformed', `IP version ${foundVersion} in IPv6`);
  const payloadLength = reader.u16();
  const nextHeader = reader.u8();
  if (nextHeader !== nextHeaderIcmpv6) throw new WireError('unsupported', `next header ${nextHeader} is not ICMPv6`);
  const hopLimit = reader.u8();
  if (hopLimit !== neighbourHopLimit) throw new WireError('malformed', `hop limit ${hopLimit} is not a neighbour's`);
  const [source, destination] = [reader.bytes(ipv6Bytes), reader.bytes(ipv6Bytes)];
  const message = reader.bytes(payloadLength);
  const icmpv6 = new ByteReader(message);
  const [type, code] = [icmpv6.u8(), icmpv6.u8()];
  icmpv6.skip(2);
  // A right checksum stands in the message it is summed over, and makes the sum 0.
  if (checksum(source, destination, message) !== 0) throw new WireError('malformed', 'wrong ICMPv6 checksum');
  return {
    source: ipFromBytes(source),
    destination: ipFromBytes(destination),
    type,
    code,
    body: icmpv6.bytes(icmpv6.remaining),
  };
}

export function encodeIcmpv6({ source, destination, type, code, body }: Icmpv6Packet): Uint8Array {
  const payloadLength = icmpv6HeaderLength + body.length;
  const [sourceBytes, destinationBytes] = [ipToBytes(source), ipToBytes(destination)];
  const packet = new ByteWriter(ipv6HeaderLength + payloadLength)
    .u32(version * 2 ** 28)
    .u16(payloadLength)
    .u8(nextHeaderIcmpv6)
    .u8(neighbourHopLimit)
    .bytes(sourceBytes)
    .bytes(destinationBytes)
    .u8(type)
    .u8(code)
    .u16(0)
    .bytes(body)
    .finish();
  const message = packet.subarray(ipv6HeaderLength);
  const sum = checksum(sourceBytes, destinationBytes, message);
  message[checksumOffset] = sum >> 8;
  message[checksumOffset + 1] = sum & 0xff;
  return packet;
}

/** Over the pseudo-header and the message (RFC 8200 §8.1, RFC 1071). */
function checksum(source: Uint8Array, destination: Uint8Array, message: Uint8Array): number {
  let sum = nextHeaderIcmpv6 + message.length;
  for (const part of [source, destination, message]) {
    for (let at = 0; at < part.length; at += 2) sum += ((part[at] ?? 0) << 8) | (part[at + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
