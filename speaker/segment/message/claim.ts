// Who owns what: 6 CLAIM and 7 RELEASE to the group, 8 OFFER and 9 REFUSE between two peers.
import type { ByteReader } from '#shared/net/byte-reader.ts';
import type { ByteWriter } from '#shared/net/byte-writer.ts';
import { WireError } from '#shared/net/wire-error.ts';
import { readAddressList, writeAddressList, type AddressEntry } from './address-list.ts';
import { maxBodyBytes } from './header.ts';

export interface Claim {
  readonly kind: 'claim';
  readonly reason: ClaimReason;
  readonly entries: readonly AddressEntry[];
}

export interface Release {
  readonly kind: 'release';
  readonly entries: readonly AddressEntry[];
}

/** `offer`: the owner wants the peer to have them. `refuse`: the peer will not. */
export interface Offer {
  readonly kind: 'offer' | 'refuse';
  readonly offer: number;
  readonly reason: number;
  readonly entries: readonly AddressEntry[];
}

/** In the order of their numbers, from 1. */
const claimReasons = ['orphan', 'new', 'adopt', 'handOff', 'defend', 'repeat'] as const;
export type ClaimReason = (typeof claimReasons)[number];

/** Left for the list of a CLAIM, RELEASE, OFFER or REFUSE. */
export const claimListBytes = maxBodyBytes - 5;

export function writeClaim(writer: ByteWriter, { reason, entries }: Claim): void {
  writer.u8(claimReasons.indexOf(reason) + 1);
  writeAddressList(writer, entries);
}

export function readClaim(reader: ByteReader): Claim {
  const number = reader.u8();
  const reason = claimReasons[number - 1];
  if (reason === undefined) throw new WireError('malformed', `claim reason ${number}`);
  return { kind: 'claim', reason, entries: readAddressList(reader) };
}

export function writeRelease(writer: ByteWriter, { entries }: Release): void {
  writer.u8(0);
  writeAddressList(writer, entries);
}

export function readRelease(reader: ByteReader): Release {
  reader.skip(1);
  return { kind: 'release', entries: readAddressList(reader) };
}

export function writeOffer(writer: ByteWriter, { offer, reason, entries }: Offer): void {
  writer.u32(offer).u8(reason);
  writeAddressList(writer, entries);
}

export function readOffer(kind: 'offer' | 'refuse', reader: ByteReader): Offer {
  return { kind, offer: reader.u32(), reason: reader.u8(), entries: readAddressList(reader) };
}
