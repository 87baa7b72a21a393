// The octets of an address, quickly: there are thousands of addresses in a table, and nothing may stall the thread.
import { ipFromBytes, ipToBytes, type Ip } from '#shared/net/ip.ts';

/** 4 or 16. */
export function octetsOf(ip: Ip): Uint8Array {
  return ip.includes(':') ? ipToBytes(ip) : Uint8Array.from(ip.split('.'), Number);
}

export function ipOfOctets(octets: Uint8Array): Ip {
  return octets.length === 4 ? (octets.join('.') as Ip) : ipFromBytes(octets);
}

export function numberOf(octets: Uint8Array): bigint {
  if (octets.length === 4) return BigInt(new DataView(octets.buffer, octets.byteOffset).getUint32(0));
  let value = 0n;
  for (const octet of octets) value = (value << 8n) | BigInt(octet);
  return value;
}
