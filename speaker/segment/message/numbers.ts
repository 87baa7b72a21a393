// 8-byte fields: node ids as text, times and counters as numbers.
import type { ByteReader } from '#shared/net/byte-reader.ts';
import type { ByteWriter } from '#shared/net/byte-writer.ts';
import { WireError } from '#shared/net/wire-error.ts';
import type { NodeId } from '../node-id.ts';

export function writeNodeId(writer: ByteWriter, id: NodeId): void {
  writer.u32(wordIn(id, 0)).u32(wordIn(id, 8));
}

/** By its digits: to cut the text up takes longer than all the rest of a message. */
function wordIn(id: NodeId, start: number): number {
  let word = 0;
  for (let at = start; at < start + 8; at++) {
    const code = id.charCodeAt(at);
    word = (word << 4) | (code < letterCode ? code - digitCode : code - letterCode + 10);
  }
  return word >>> 0;
}

/** ASCII. */
const digitCode = 0x30;
const letterCode = 0x61;

export function readNodeId(reader: ByteReader): NodeId {
  const high = reader.u32();
  const low = reader.u32();
  // Ids are hashes: their last bits spread well.
  const place = low % readPlaces;
  const known = lastRead[place];
  if (known !== undefined && known.high === high && known.low === low) return known.id;
  const id = (high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0')) as NodeId;
  lastRead[place] = { high, low, id };
  return id;
}

/** The same few ids come in every message: the text of each is made once, if no other one takes its place. */
const readPlaces = 1_024;
const lastRead: ({ readonly high: number; readonly low: number; readonly id: NodeId } | undefined)[] = Array.from({
  length: readPlaces,
});

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
