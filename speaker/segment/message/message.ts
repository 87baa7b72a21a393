// All messages between the speakers of a segment (layer2 §8), and the table of their numbers and codecs, used both ways.
import { ByteReader } from '#shared/net/byte-reader.ts';
import { ByteWriter } from '#shared/net/byte-writer.ts';
import { readBeat, writeBeat, type Beat, type Ping } from './beat.ts';
import { readClaim, readOffer, readRelease, writeClaim, writeOffer, writeRelease } from './claim.ts';
import type { Claim, Offer, Release } from './claim.ts';
import { headerBytes, maxDatagramBytes, tagBytes, writeHeader, type Header } from './header.ts';
import { readHello, writeHello, type Hello } from './hello.ts';
import { readLeaving, readLinkDown, writeLeaving, writeLinkDown, type Leaving, type LinkDown } from './leaving.ts';
import { readNodeId, writeNodeId } from './numbers.ts';
import { readTable, writeTable, type Table, type TableRequest } from './table.ts';
import { readDown, readQuery, readUp, readVote, writeDown, writeQuery, writeUp, writeVote } from './verdict.ts';
import type { DownNotice, Query, UpNotice, Vote } from './verdict.ts';

/** 16 CHALLENGE: are you still that old process? 17 RESPONSE: yes. */
export interface Challenge {
  readonly kind: 'challenge' | 'response';
  readonly nonce: bigint;
}

export type Message =
  | Hello
  | Beat
  | Ping
  | Table
  | TableRequest
  | Claim
  | Release
  | Offer
  | Query
  | Vote
  | DownNotice
  | UpNotice
  | Leaving
  | LinkDown
  | Challenge;

export type MessageKind = Message['kind'];

interface Codec<Kind extends MessageKind> {
  readonly type: number;
  readonly write: (writer: ByteWriter, message: Extract<Message, { kind: Kind }>) => void;
  readonly read: (reader: ByteReader) => Message;
}

const challengeCodec = (kind: Challenge['kind'], type: number) => ({
  type,
  write: (writer: ByteWriter, { nonce }: Challenge): void => void writer.u64(nonce),
  read: (reader: ByteReader): Challenge => ({ kind, nonce: reader.u64() }),
});

const codecs: { readonly [Kind in MessageKind]: Codec<Kind> } = {
  hello: { type: 1, write: writeHello, read: readHello },
  beat: { type: 2, write: writeBeat, read: readBeat },
  ping: {
    type: 3,
    write: (writer, { nonce }) => void writer.u32(nonce),
    read: (reader) => ({ kind: 'ping', nonce: reader.u32() }),
  },
  table: { type: 4, write: writeTable, read: readTable },
  tableRequest: {
    type: 5,
    write(writer, { about, haveVersion }) {
      writeNodeId(writer, about);
      writer.u32(haveVersion);
    },
    read: (reader) => ({ kind: 'tableRequest', about: readNodeId(reader), haveVersion: reader.u32() }),
  },
  claim: { type: 6, write: writeClaim, read: readClaim },
  release: { type: 7, write: writeRelease, read: readRelease },
  offer: { type: 8, write: writeOffer, read: (reader) => readOffer('offer', reader) },
  refuse: { type: 9, write: writeOffer, read: (reader) => readOffer('refuse', reader) },
  query: { type: 10, write: writeQuery, read: readQuery },
  vote: { type: 11, write: writeVote, read: readVote },
  down: { type: 12, write: writeDown, read: readDown },
  up: { type: 13, write: writeUp, read: readUp },
  leaving: { type: 14, write: writeLeaving, read: readLeaving },
  linkDown: { type: 15, write: writeLinkDown, read: readLinkDown },
  challenge: challengeCodec('challenge', 16),
  response: challengeCodec('response', 17),
};

const byType: ReadonlyMap<number, Pick<Codec<MessageKind>, 'read'>> = new Map(
  Object.values(codecs).map((codec) => [codec.type, codec]),
);

/** Header and body, with room for the tag; over what is in `into`, if it is given. */
export function encodeMessage(header: Header, message: Message, into?: Uint8Array): Uint8Array {
  const writer = new ByteWriter(into ?? maxDatagramBytes);
  const codec = codecs[message.kind] as Codec<MessageKind>;
  writeHeader(writer, codec.type, header);
  codec.write(writer, message);
  return writer.zeros(tagBytes).finish();
}

/** The body between a header that says `type` and the tag; undefined when the type is none of ours. Throws `WireError`. */
export function decodeBody(type: number, datagram: Uint8Array): Message | undefined {
  return byType.get(type)?.read(new ByteReader(datagram.subarray(headerBytes, datagram.length - tagBytes)));
}
