// What a speaker tells before others would notice: 14 LEAVING to the group, 15 LINK_DOWN on its other segments.
import type { ByteReader } from '#shared/net/byte-reader.ts';
import type { ByteWriter } from '#shared/net/byte-writer.ts';
import { macBytes, macFromBytes, macToBytes, type Mac } from '#shared/net/mac.ts';
import { WireError } from '#shared/net/wire-error.ts';

export interface Leaving {
  readonly kind: 'leaving';
  readonly mode: LeavingMode;
  /** How long its addresses are to be kept for it. */
  readonly holdMs: number;
}

export interface LinkDown {
  readonly kind: 'linkDown';
  /** Of the interface that lost its carrier. */
  readonly mac: Mac;
}

/** In the order of their numbers, from 1. */
const leavingModes = ['restart', 'drain'] as const;
export type LeavingMode = (typeof leavingModes)[number];

export function writeLeaving(writer: ByteWriter, { mode, holdMs }: Leaving): void {
  writer.u8(leavingModes.indexOf(mode) + 1).u16(holdMs);
}

export function readLeaving(reader: ByteReader): Leaving {
  const number = reader.u8();
  const mode = leavingModes[number - 1];
  if (mode === undefined) throw new WireError('malformed', `leaving mode ${number}`);
  return { kind: 'leaving', mode, holdMs: reader.u16() };
}

export function writeLinkDown(writer: ByteWriter, { mac }: LinkDown): void {
  writer.bytes(macToBytes(mac));
}

export function readLinkDown(reader: ByteReader): LinkDown {
  return { kind: 'linkDown', mac: macFromBytes(reader.bytes(macBytes)) };
}
