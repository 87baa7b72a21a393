// 8-byte fields: node ids as text, times and counters as numbers.
import type { ByteReader } from '#shared/net/byte-reader.ts';
import type { ByteWriter } from '#shared/net/byte-writer.ts';
import { WireError } from '#shared/net/wire-error.ts';
import type { NodeId } from '../node-id.ts';

export function writeNodeId(writer: ByteWriter, id: NodeId): void {
  writer.u32(parseInt(id.slice(0, 8), 16)).u32(parseInt(id.slice(8), 16));
}

export function readNodeId(reader: ByteReader): NodeId {
  const high = reader.u32().toString(16).padStart(8, '0');
  return (high + reader.u32().toString(16).padStart(8, '0')) as NodeId;
}

export function writeCount(writer: ByteWriter, count: number): void {
  writer.u32(Math.floor(count / 2 ** 32)).u32(count >>> 0);
}

/** Milliseconds since 1970 and sequence numbers stay below 2^53; more is nobody's. */
export function readCount(reader: ByteReader): number {
  const count = reader.u32() * 2 ** 32 + reader.u32();
  if (!Number.isSafeInteger(count)) throw new WireError('malformed', 'a counter of more than 53 bits');
  return count;
}

/** An age in 2 bytes; `undefined`: never. */
export function writeAge(writer: ByteWriter, ageMs: number | undefined): void {
  writer.u16(ageMs === undefined ? noAge : Math.min(noAge - 1, Math.max(0, Math.round(ageMs))));
}

export function readAge(reader: ByteReader): number | undefined {
  const ageMs = reader.u16();
  return ageMs === noAge ? undefined : ageMs;
}

const noAge = 0xffff;
