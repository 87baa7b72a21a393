// The header of every message between speakers of a segment (layer2 §8), in network order:
//
//   0  magic 0x4C32, version 1, type          4  flags (bit 0 joining), key id
//   8  sender                                16  incarnation
//  24  sequence                              32  body, then the tag of 16 bytes
import type { ByteReader } from '#shared/net/byte-reader.ts';
import type { ByteWriter } from '#shared/net/byte-writer.ts';
import { WireError } from '#shared/net/wire-error.ts';
import type { NodeId } from '../node-id.ts';
import { readCount, readNodeId, writeCount, writeNodeId } from './numbers.ts';

export interface Header {
  /** From a process that listens only, yet: it changes no membership, incarnation or replay state. */
  readonly joining: boolean;
  /** The first 2 bytes of the SHA-256 of the secret. */
  readonly keyId: number;
  readonly sender: NodeId;
  /** Milliseconds since 1970 at process start. */
  readonly incarnation: number;
  /** From 1, one counter a process. */
  readonly sequence: number;
}

export const headerBytes = 32;
export const tagBytes = 16;
export const maxDatagramBytes = 1200;
export const maxBodyBytes = maxDatagramBytes - headerBytes - tagBytes;

const magic = 0x4c32;
const version = 1;
const joiningFlag = 1;

export function writeHeader(writer: ByteWriter, type: number, header: Header): void {
  writer
    .u16(magic)
    .u8(version)
    .u8(type)
    .u16(header.joining ? joiningFlag : 0)
    .u16(header.keyId);
  writeNodeId(writer, header.sender);
  writeCount(writer, header.incarnation);
  writeCount(writer, header.sequence);
}

export function readHeader(reader: ByteReader): { readonly type: number; readonly header: Header } {
  if (reader.u16() !== magic) throw new WireError('malformed', 'another magic number');
  const spoken = reader.u8();
  if (spoken !== version) throw new WireError('unsupported', `version ${spoken}`);
  const type = reader.u8();
  const flags = reader.u16();
  const header = {
    joining: (flags & joiningFlag) !== 0,
    keyId: reader.u16(),
    sender: readNodeId(reader),
    incarnation: readCount(reader),
    sequence: readCount(reader),
  };
  return { type, header };
}
