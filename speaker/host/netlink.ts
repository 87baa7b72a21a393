// Netlink framing (RFC 3549 §2.2; netlink(7)), in the machine's byte order. A datagram holds messages, a message attributes, each padded to 4
// octets.
//
//   0                   1                   2                   3
//   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//  +---------------------------------------------------------------+
//  |                length, with this header                       |
//  +-------------------------------+-------------------------------+
//  |            type               |            flags              |
//  +-------------------------------+-------------------------------+
//  |                      sequence number                          |
//  +---------------------------------------------------------------+
//  |                      port of the asker                        |
//  +---------------------------------------------------------------+
import { ByteReader } from '#shared/net/byte-reader.ts';
import { ByteWriter } from '#shared/net/byte-writer.ts';
import { WireError } from '#shared/net/wire-error.ts';
import { linux } from './linux.ts';

export interface NetlinkMessage {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  readonly payload: Uint8Array;
}

const headerLength = 16;
const attributeHeaderLength = 4;
/** The two highest bits of an attribute's type are flags. */
const attributeTypeMask = 0x3fff;

/** Throws WireError. */
export function decodeNetlink(datagram: Uint8Array): readonly NetlinkMessage[] {
  const reader = new ByteReader(datagram, 'little');
  const messages: NetlinkMessage[] = [];
  while (reader.remaining > 0) {
    const length = reader.u32();
    if (length < headerLength) throw new WireError('malformed', `netlink message of ${length} octets`);
    const [type, flags, sequence] = [reader.u16(), reader.u16(), reader.u32()];
    reader.skip(4);
    messages.push({ type, flags, sequence, payload: reader.bytes(length - headerLength) });
    skipPadding(reader, length);
  }
  return messages;
}

export function encodeNetlink({ type, flags, sequence, payload }: NetlinkMessage): Uint8Array {
  return new ByteWriter(headerLength + payload.length, 'little')
    .u32(headerLength + payload.length)
    .u16(type)
    .u16(flags)
    .u32(sequence)
    .u32(0)
    .bytes(payload)
    .finish();
}

/** Asks for everything of a kind; the zeros are the kind's own header, which restricts nothing. */
export function encodeDumpRequest(type: number, payloadLength: number, sequence: number): Uint8Array {
  const flags = linux.NLM_F_REQUEST | linux.NLM_F_DUMP;
  return encodeNetlink({ type, flags, sequence, payload: new Uint8Array(payloadLength) });
}

/** What the reader has left, by type; of a type that occurs twice the last counts. Throws WireError. */
export function decodeAttributes(reader: ByteReader): ReadonlyMap<number, Uint8Array> {
  const attributes = new Map<number, Uint8Array>();
  while (reader.remaining > 0) {
    const length = reader.u16();
    if (length < attributeHeaderLength) throw new WireError('malformed', `netlink attribute of ${length} octets`);
    attributes.set(reader.u16() & attributeTypeMask, reader.bytes(length - attributeHeaderLength));
    skipPadding(reader, length);
  }
  return attributes;
}

/** The value of a u32 attribute. Throws WireError. */
export function u32Of(value: Uint8Array): number {
  return new ByteReader(value, 'little').u32();
}

/** The value of a text attribute, which ends with a zero. */
export function textOf(value: Uint8Array): string {
  const end = value.indexOf(0);
  return Buffer.from(end < 0 ? value : value.subarray(0, end)).toString('utf8');
}

/** The last of a row may come without its padding. */
function skipPadding(reader: ByteReader, length: number): void {
  reader.skip(Math.min(reader.remaining, -length & 3));
}
