// What a node owns, in 12 bytes: enough for others to see that they know it already.
import type { ByteReader } from '#shared/net/byte-reader.ts';
import type { ByteWriter } from '#shared/net/byte-writer.ts';

export interface TableSummary {
  /** One more with each change; starts anew with the process. */
  readonly version: number;
  /** Two XOR sums over the owned entries. */
  readonly digest: readonly [number, number];
}

export function writeTableSummary(writer: ByteWriter, { version, digest }: TableSummary): void {
  writer.u32(version).u32(digest[0]).u32(digest[1]);
}

export function readTableSummary(reader: ByteReader): TableSummary {
  return { version: reader.u32(), digest: [reader.u32(), reader.u32()] };
}
