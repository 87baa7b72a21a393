// IP addresses as canonical text (RFC 5952), so that equal addresses are equal strings and can be map keys.
import { Address6 } from 'ip-address';

export type Ip = string & { readonly brand: 'Ip' };

/** As spelled in a Service's `ipFamilies`. */
export type Family = 'IPv4' | 'IPv6';

export const bitsOf: Readonly<Record<Family, number>> = { IPv4: 32, IPv6: 128 };

const ipv4MappedPrefix = 0xffffn;
/** Thousands are read and made in each plan: not by the library. */
const ipv4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

/**
 * Reads one address without prefix or zone: IPv4 without leading zeros, IPv6 in any spelling of RFC 4291 §2.2 but IPv4-mapped.
 * Anything else is `undefined`. Text longer than an address can be is refused before it is parsed.
 */
export function parseIp(text: string): Ip | undefined {
  if (text.length > 45 || /[^0-9a-fA-F:.]/.test(text)) return undefined;
  if (!text.includes(':')) return ipv4.test(text) ? (text as Ip) : undefined;
  try {
    const address = new Address6(text);
    return address.bigInt() >> 32n === ipv4MappedPrefix ? undefined : (address.correctForm() as Ip);
  } catch {
    return undefined;
  }
}

/** ASCII. */
const zeroCode = 0x30;

export function familyOf(ip: Ip): Family {
  return ip.includes(':') ? 'IPv6' : 'IPv4';
}

export function ipToNumber(ip: Ip): bigint {
  if (familyOf(ip) === 'IPv6') return new Address6(ip).bigInt();
  let [value, octet] = [0, 0];
  for (let place = 0; place < ip.length; place++) {
    const digit = ip.charCodeAt(place) - zeroCode;
    if (digit >= 0) {
      octet = 10 * octet + digit;
    } else {
      // A point lies below the digits.
      value = 256 * value + octet;
      octet = 0;
    }
  }
  return BigInt(256 * value + octet);
}

export function ipFromNumber(family: Family, value: bigint): Ip {
  if (family === 'IPv6') return Address6.fromBigInt(value).correctForm() as Ip;
  const number = Number(value);
  return `${number >>> 24}.${(number >>> 16) & 255}.${(number >>> 8) & 255}.${number & 255}` as Ip;
}

/** The 4 or 16 octets in network order. Every frame comes through here: octet by octet, without big integers. */
export function ipToBytes(ip: Ip): Uint8Array {
  const bytes = new Uint8Array(bitsOf[familyOf(ip)] / 8);
  if (familyOf(ip) === 'IPv4') {
    let at = 0;
    for (let place = 0; place < ip.length; place++) {
      const digit = ip.charCodeAt(place) - zeroCode;
      // A point lies below the digits.
      if (digit < 0) at++;
      else bytes[at] = 10 * (bytes[at] ?? 0) + digit;
    }
    return bytes;
  }
  const [head = '', tail = ''] = ip.split('::');
  const [first, last] = [groupsIn(head), groupsIn(tail)];
  writeGroups(bytes, first, 0);
  writeGroups(bytes, last, bytes.length - 2 * last.length);
  return bytes;
}

function writeGroups(bytes: Uint8Array, groups: readonly string[], start: number): void {
  let at = start;
  for (const text of groups) {
    const group = parseInt(text, 16);
    bytes[at++] = group >> 8;
    bytes[at++] = group & 0xff;
  }
}

function groupsIn(text: string): readonly string[] {
  return text === '' ? [] : text.split(':');
}

/** From 4 or 16 octets in network order. */
export function ipFromBytes(bytes: Uint8Array): Ip {
  if (bytes.length * 8 === bitsOf.IPv4) return `${bytes[0]}.${bytes[1]}.${bytes[2]}.${bytes[3]}` as Ip;
  const groups: number[] = [];
  for (let at = 0; at < bytes.length; at += 2) groups.push(((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0));
  const { start, length } = longestZeros(groups);
  if (length < 2) return groupsText(groups) as Ip;
  return `${groupsText(groups.slice(0, start))}::${groupsText(groups.slice(start + length))}` as Ip;
}

function groupsText(groups: readonly number[]): string {
  return groups.map((group) => group.toString(16)).join(':');
}

/** The first of the longest runs of zeros, which `::` stands for if it is more than one (RFC 5952 §4.2). */
function longestZeros(groups: readonly number[]): { readonly start: number; readonly length: number } {
  let longest = { start: 0, length: 0 };
  let length = 0;
  for (const [at, group] of groups.entries()) {
    length = group === 0 ? length + 1 : 0;
    if (length > longest.length) longest = { start: at + 1 - length, length };
  }
  return longest;
}

/** Total order: IPv4 before IPv6, then by value. */
export function compareIps(a: Ip, b: Ip): number {
  if (a === b) return 0;
  const family = familyOf(a);
  if (family !== familyOf(b)) return family === 'IPv4' ? -1 : 1;
  return ipToNumber(a) < ipToNumber(b) ? -1 : 1;
}

/** RFC 4291 §2.5.6; without its scope. */
export function isLinkLocalIp(ip: Ip): boolean {
  return ip.startsWith('fe80:');
}
