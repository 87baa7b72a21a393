// Lists of addresses with their epochs (layer2 §8): count u16, then per entry epoch u32, flags u8 (bit 0 IPv6, 1 minority, 2 hand-off,
// 3 silent), address 4 or 16.
import type { ByteReader } from '#shared/net/byte-reader.ts';
import type { ByteWriter } from '#shared/net/byte-writer.ts';
import { familyOf, type Ip } from '#shared/net/ip.ts';
import { ipOfOctets, octetsOf } from '../octets.ts';

export interface AddressEntry {
  readonly ip: Ip;
  readonly epoch: number;
  readonly minority: boolean;
  /** Its owner offers it to others. */
  readonly handOff: boolean;
  /** Its owner does not answer for it now. */
  readonly silent: boolean;
}

const countBytes = 2;
const ipv6Flag = 1;
const minorityFlag = 2;
const handOffFlag = 4;
const silentFlag = 8;

export function writeAddressList(writer: ByteWriter, entries: readonly AddressEntry[]): void {
  writer.u16(entries.length);
  for (const { ip, epoch, minority, handOff, silent } of entries) {
    const flags =
      (familyOf(ip) === 'IPv6' ? ipv6Flag : 0) |
      (minority ? minorityFlag : 0) |
      (handOff ? handOffFlag : 0) |
      (silent ? silentFlag : 0);
    writer.u32(epoch).u8(flags).bytes(octetsOf(ip));
  }
}

export function readAddressList(reader: ByteReader): readonly AddressEntry[] {
  const count = reader.u16();
  const entries: AddressEntry[] = [];
  for (let index = 0; index < count; index++) {
    const epoch = reader.u32();
    const flags = reader.u8();
    entries.push({
      ip: ipOfOctets(reader.bytes((flags & ipv6Flag) === 0 ? 4 : 16)),
      epoch,
      minority: (flags & minorityFlag) !== 0,
      handOff: (flags & handOffFlag) !== 0,
      silent: (flags & silentFlag) !== 0,
    });
  }
  return entries;
}

/** Cuts entries into lists of which each fits into `bytes`; one empty list if there are none. */
export function splitAddressList(
  entries: readonly AddressEntry[],
  bytes: number,
): readonly (readonly AddressEntry[])[] {
  let last: AddressEntry[] = [];
  const lists = [last];
  let left = bytes - countBytes;
  for (const entry of entries) {
    const length = familyOf(entry.ip) === 'IPv4' ? 9 : 21;
    if (length > left) {
      last = [];
      lists.push(last);
      left = bytes - countBytes;
    }
    last.push(entry);
    left -= length;
  }
  return lists;
}
