// 4 TABLE: what a node owns, in chunks. 5 TABLE_REQ: asks a peer for what it knows to be owned by somebody.
import type { ByteReader } from '#shared/net/byte-reader.ts';
import type { ByteWriter } from '#shared/net/byte-writer.ts';
import { WireError } from '#shared/net/wire-error.ts';
import type { NodeId } from '../node-id.ts';
import { readAddressList, writeAddressList, type AddressEntry } from './address-list.ts';
import { maxBodyBytes } from './header.ts';
import { readNodeId, writeNodeId } from './numbers.ts';

export interface Table {
  readonly kind: 'table';
  /** Whose: the sender's own, or that of a node that asked for what others know of it. */
  readonly about: NodeId;
  readonly version: number;
  /** From 0. */
  readonly chunk: number;
  readonly chunks: number;
  readonly entries: readonly AddressEntry[];
}

export interface TableRequest {
  readonly kind: 'tableRequest';
  readonly about: NodeId;
  readonly haveVersion: number;
}

/** Left for the list. */
export const tableListBytes = maxBodyBytes - 16;

export function writeTable(writer: ByteWriter, { about, version, chunk, chunks, entries }: Table): void {
  writeNodeId(writer, about);
  writer.u32(version).u16(chunk).u16(chunks);
  writeAddressList(writer, entries);
}

export function readTable(reader: ByteReader): Table {
  const about = readNodeId(reader);
  const version = reader.u32();
  const chunk = reader.u16();
  const chunks = reader.u16();
  if (chunk >= chunks) throw new WireError('malformed', `chunk ${chunk} of ${chunks}`);
  return { kind: 'table', about, version, chunk, chunks, entries: readAddressList(reader) };
}
