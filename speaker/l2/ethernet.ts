// Ethernet II frames (IEEE 802.3-2018 §3.1, type interpretation), as a packet socket carries them: without preamble and check sequence.
//
//   0                   1                   2                   3
//   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//  +---------------------------------------------------------------+
//  |                    destination address (6)                    |
//  +                               +-------------------------------+
//  |                               |                               |
//  +-------------------------------+       source address (6)      +
//  |                                                               |
//  +-------------------------------+-------------------------------+
//  |           EtherType           |     payload, zero padding     |
//  +-------------------------------+-------------------------------+
import type { ByteReader } from '#shared/net/byte-reader.ts';
import { ByteWriter } from '#shared/net/byte-writer.ts';
import { macBytes, macFromBytes, macToBytes, type Mac } from '#shared/net/mac.ts';

export const etherTypes = { arp: 0x0806, ipv6: 0x86dd } as const;

export interface EthernetHeader {
  readonly destination: Mac;
  readonly source: Mac;
  readonly etherType: number;
}

const headerLength = 14;
/** Without the check sequence; shorter frames are padded by whoever sends them (§3.2.8). */
export const minFrameLength = 60;

/** Takes the header; what the reader has left is the payload and its padding. Throws WireError. */
export function decodeEthernetHeader(reader: ByteReader): EthernetHeader {
  return {
    destination: macFromBytes(reader.bytes(macBytes)),
    source: macFromBytes(reader.bytes(macBytes)),
    etherType: reader.u16(),
  };
}

/** The whole frame, padded to its least length; `write` puts the payload of that length into it. */
export function encodeEthernetFrame(
  header: EthernetHeader,
  payloadLength: number,
  write: (writer: ByteWriter) => void,
): Uint8Array {
  const writer = new ByteWriter(Math.max(minFrameLength, headerLength + payloadLength))
    .bytes(macToBytes(header.destination))
    .bytes(macToBytes(header.source))
    .u16(header.etherType);
  write(writer);
  return writer.zeros(Math.max(0, minFrameLength - writer.length)).finish();
}
