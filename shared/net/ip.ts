// IP addresses as canonical text (RFC 5952), so that equal addresses are equal strings and can be map keys.
import { Address4, Address6 } from 'ip-address';

export type Ip = string & { readonly brand: 'Ip' };

/** As spelled in a Service's `ipFamilies`. */
export type Family = 'IPv4' | 'IPv6';

export const bitsOf: Readonly<Record<Family, number>> = { IPv4: 32, IPv6: 128 };

const ipv4MappedPrefix = 0xffffn;

/**
 * Reads one address without prefix or zone: IPv4 without leading zeros, IPv6 in any spelling of RFC 4291 §2.2 but IPv4-mapped.
 * Anything else is `undefined`. Text longer than an address can be is refused before it is parsed.
 */
export function parseIp(text: string): Ip | undefined {
  if (text.length > 45 || /[^0-9a-fA-F:.]/.test(text)) return undefined;
  try {
    if (!text.includes(':')) return new Address4(text).correctForm() as Ip;
    const address = new Address6(text);
    return address.bigInt() >> 32n === ipv4MappedPrefix ? undefined : (address.correctForm() as Ip);
  } catch {
    return undefined;
  }
}

export function familyOf(ip: Ip): Family {
  return ip.includes(':') ? 'IPv6' : 'IPv4';
}

export function ipToNumber(ip: Ip): bigint {
  return familyOf(ip) === 'IPv4' ? new Address4(ip).bigInt() : new Address6(ip).bigInt();
}

export function ipFromNumber(family: Family, value: bigint): Ip {
  return (family === 'IPv4' ? Address4.fromBigInt(value) : Address6.fromBigInt(value)).correctForm() as Ip;
}

/** The 4 or 16 octets in network order. */
export function ipToBytes(ip: Ip): Uint8Array {
  const bytes = new Uint8Array(bitsOf[familyOf(ip)] / 8);
  let rest = ipToNumber(ip);
  for (let index = bytes.length - 1; index >= 0; index--, rest >>= 8n) bytes[index] = Number(rest & 0xffn);
  return bytes;
}

/** From 4 or 16 octets in network order. */
export function ipFromBytes(bytes: Uint8Array): Ip {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return ipFromNumber(bytes.length === 4 ? 'IPv4' : 'IPv6', value);
}

/** Total order: IPv4 before IPv6, then by value. */
export function compareIps(a: Ip, b: Ip): number {
  if (a === b) return 0;
  const family = familyOf(a);
  if (family !== familyOf(b)) return family === 'IPv4' ? -1 : 1;
  return ipToNumber(a) < ipToNumber(b) ? -1 : 1;
}
