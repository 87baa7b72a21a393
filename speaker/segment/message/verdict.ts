// What watchers tell of a suspect: 10 QUERY and 11 VOTE between two of them, 12 DOWN and 13 UP to the group.
import type { ByteReader } from '#shared/net/byte-reader.ts';
import type { ByteWriter } from '#shared/net/byte-writer.ts';
import { WireError } from '#shared/net/wire-error.ts';
import type { NodeId } from '../node-id.ts';
import { readAge, readCount, readNodeId, writeAge, writeCount, writeNodeId } from './numbers.ts';

export interface Query {
  readonly kind: 'query';
  readonly query: number;
  readonly about: NodeId;
}

/** Ages of the voter's own, direct evidence; undefined: it has none. */
export interface Vote {
  readonly kind: 'vote';
  readonly query: number;
  readonly about: NodeId;
  readonly beatAgeMs: number | undefined;
  readonly kernelAgeMs: number | undefined;
  readonly speakerAgeMs: number | undefined;
}

export interface DownNotice {
  readonly kind: 'down';
  readonly about: NodeId;
  readonly incarnation: number;
  readonly cause: DownNoticeCause;
  readonly voters: readonly NodeId[];
}

export interface UpNotice {
  readonly kind: 'up';
  readonly about: NodeId;
  readonly incarnation: number;
}

/** In the order of their numbers, from 1. 4 is ours: its kernel answers, its speaker did not come back in time (layer2 §3.5). */
const downNoticeCauses = ['silent', 'deaf', 'link', 'speakerDown'] as const;
export type DownNoticeCause = (typeof downNoticeCauses)[number];

export function writeQuery(writer: ByteWriter, { query, about }: Query): void {
  writer.u32(query);
  writeNodeId(writer, about);
}

export function readQuery(reader: ByteReader): Query {
  return { kind: 'query', query: reader.u32(), about: readNodeId(reader) };
}

export function writeVote(writer: ByteWriter, vote: Vote): void {
  writer.u32(vote.query);
  writeNodeId(writer, vote.about);
  writeAge(writer, vote.beatAgeMs);
  writeAge(writer, vote.kernelAgeMs);
  writeAge(writer, vote.speakerAgeMs);
}

export function readVote(reader: ByteReader): Vote {
  return {
    kind: 'vote',
    query: reader.u32(),
    about: readNodeId(reader),
    beatAgeMs: readAge(reader),
    kernelAgeMs: readAge(reader),
    speakerAgeMs: readAge(reader),
  };
}

export function writeDown(writer: ByteWriter, { about, incarnation, cause, voters }: DownNotice): void {
  writeNodeId(writer, about);
  writeCount(writer, incarnation);
  writer.u8(downNoticeCauses.indexOf(cause) + 1).u8(voters.length);
  for (const voter of voters) writeNodeId(writer, voter);
}

export function readDown(reader: ByteReader): DownNotice {
  const about = readNodeId(reader);
  const incarnation = readCount(reader);
  const number = reader.u8();
  const cause = downNoticeCauses[number - 1];
  if (cause === undefined) throw new WireError('malformed', `cause ${number}`);
  const voters: NodeId[] = [];
  for (let left = reader.u8(); left > 0; left--) voters.push(readNodeId(reader));
  return { kind: 'down', about, incarnation, cause, voters };
}

export function writeUp(writer: ByteWriter, { about, incarnation }: UpNotice): void {
  writeNodeId(writer, about);
  writeCount(writer, incarnation);
}

export function readUp(reader: ByteReader): UpNotice {
  return { kind: 'up', about: readNodeId(reader), incarnation: readCount(reader) };
}
