// 2 BEAT, to each watcher: alive, and what the sender itself has heard lately. 3 PING: asks for one.
import type { ByteReader } from '#shared/net/byte-reader.ts';
import type { ByteWriter } from '#shared/net/byte-writer.ts';
import { WireError } from '#shared/net/wire-error.ts';
import type { NodeId } from '../node-id.ts';
import { readMemberFlags, writeMemberFlags, type MemberFlags } from './member-flags.ts';
import { readAge, readNodeId, writeAge, writeNodeId } from './numbers.ts';
import { readTableSummary, writeTableSummary, type TableSummary } from './table-summary.ts';

export interface Beat {
  readonly kind: 'beat';
  /** Of the beats to this destination. */
  readonly beatSequence: number;
  readonly table: TableSummary;
  readonly flags: MemberFlags;
  /** The latest that a timer of the sender was since its last beat. */
  readonly loopLagMs: number;
  /** Age of the last authenticated packet that the sender got from anybody; undefined: none yet. */
  readonly quietMs: number | undefined;
  /** Those it watches. */
  readonly watched: readonly HeardPeer[];
}

export interface HeardPeer {
  readonly peer: NodeId;
  readonly beatSequence: number;
  readonly ageMs: number | undefined;
}

export interface Ping {
  readonly kind: 'ping';
  readonly nonce: number;
}

export const maxHeardPeers = 16;

export function writeBeat(writer: ByteWriter, beat: Beat): void {
  writer.u32(beat.beatSequence);
  writeTableSummary(writer, beat.table);
  writeMemberFlags(writer, beat.flags);
  writeAge(writer, beat.loopLagMs);
  writeAge(writer, beat.quietMs);
  writer.u8(beat.watched.length).u8(0);
  for (const { peer, beatSequence, ageMs } of beat.watched) {
    writeNodeId(writer, peer);
    writer.u32(beatSequence);
    writeAge(writer, ageMs);
  }
}

export function readBeat(reader: ByteReader): Beat {
  return {
    kind: 'beat',
    beatSequence: reader.u32(),
    table: readTableSummary(reader),
    flags: readMemberFlags(reader),
    loopLagMs: readAge(reader) ?? 0,
    quietMs: readAge(reader),
    watched: readHeardPeers(reader),
  };
}

function readHeardPeers(reader: ByteReader): readonly HeardPeer[] {
  const count = reader.u8();
  reader.skip(1);
  if (count > maxHeardPeers) throw new WireError('malformed', `${count} watched peers`);
  const peers: HeardPeer[] = [];
  for (let index = 0; index < count; index++) {
    peers.push({ peer: readNodeId(reader), beatSequence: reader.u32(), ageMs: readAge(reader) });
  }
  return peers;
}
