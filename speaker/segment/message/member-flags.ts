// What a member says of itself in each HELLO and BEAT, in 16 bits.
import type { ByteReader } from '#shared/net/byte-reader.ts';
import type { ByteWriter } from '#shared/net/byte-writer.ts';

export interface MemberFlags {
  /** Hands off what it has and takes nothing. */
  readonly draining: boolean;
  /** Keeps what it has and takes nothing. */
  readonly noClaim: boolean;
  /** Its process is about to end. */
  readonly leaving: boolean;
  /** It cannot reach the apiserver. */
  readonly stale: boolean;
}

export const noFlags: MemberFlags = { draining: false, noClaim: false, leaving: false, stale: false };

export function writeMemberFlags(writer: ByteWriter, { draining, noClaim, leaving, stale }: MemberFlags): void {
  writer.u16((draining ? 1 : 0) | (noClaim ? 2 : 0) | (leaving ? 4 : 0) | (stale ? 8 : 0));
}

export function readMemberFlags(reader: ByteReader): MemberFlags {
  const bits = reader.u16();
  return { draining: (bits & 1) !== 0, noClaim: (bits & 2) !== 0, leaving: (bits & 4) !== 0, stale: (bits & 8) !== 0 };
}
