// Contiguous spans of addresses: CIDR prefixes (RFC 4632, RFC 4291 §2.3) and start-end ranges, both as first and last address.
import { bitsOf, familyOf, ipFromNumber, ipToNumber, parseIp, type Family, type Ip } from './ip.ts';

/** `first` ≤ `last`, both included. */
export interface Range {
  readonly family: Family;
  readonly first: bigint;
  readonly last: bigint;
}

export interface Prefix {
  readonly ip: Ip;
  readonly prefixBits: number;
}

/** Reads `address/bits`; host bits are kept. Undefined when it is no prefix. */
export function parsePrefix(text: string): Prefix | undefined {
  const slash = text.indexOf('/');
  if (slash < 0) return undefined;
  const ip = parseIp(text.slice(0, slash));
  const bits = text.slice(slash + 1);
  if (ip === undefined || !/^(0|[1-9][0-9]{0,2})$/.test(bits) || Number(bits) > bitsOf[familyOf(ip)]) return undefined;
  return { ip, prefixBits: Number(bits) };
}

/** All addresses of the prefix; host bits are masked off. */
export function rangeOfPrefix({ ip, prefixBits }: Prefix): Range {
  const family = familyOf(ip);
  const hostBits = BigInt(bitsOf[family] - prefixBits);
  const first = (ipToNumber(ip) >> hostBits) << hostBits;
  return { family, first, last: first + (1n << hostBits) - 1n };
}

/** Reads a prefix or `start-end` (spaces round the dash allowed). The error says what is wrong with the text. */
export function parseRange(text: string): Range | { readonly error: string } {
  const prefix = parsePrefix(text.trim());
  if (prefix !== undefined) return rangeOfPrefix(prefix);
  const ends = text.split('-').map((end) => parseIp(end.trim()));
  const [first, last] = ends;
  if (ends.length !== 2 || first === undefined || last === undefined) {
    return { error: 'must be a CIDR prefix (198.51.100.0/24) or a range (198.51.100.10-198.51.100.20)' };
  }
  if (familyOf(first) !== familyOf(last)) return { error: 'starts and ends in different address families' };
  const range = { family: familyOf(first), first: ipToNumber(first), last: ipToNumber(last) };
  return range.first <= range.last ? range : { error: 'starts after its end: swap the two addresses' };
}

export function rangeContains(range: Range, ip: Ip): boolean {
  if (familyOf(ip) !== range.family) return false;
  const value = ipToNumber(ip);
  return range.first <= value && value <= range.last;
}

/** As text: a prefix when the range is one, else `first-last`. */
export function formatRange({ family, first, last }: Range): string {
  const size = last - first + 1n;
  const start = ipFromNumber(family, first);
  const isPrefix = (size & (size - 1n)) === 0n && first % size === 0n;
  return isPrefix
    ? `${start}/${bitsOf[family] - (size.toString(2).length - 1)}`
    : `${start}-${ipFromNumber(family, last)}`;
}
