// The address that a datagram comes from, as the tag covers it: 16 bytes, IPv4 in its mapped form (RFC 4291 §2.5.5.2).
import { ipToBytes, type Ip } from '#shared/net/ip.ts';

export function sourceBytes(ip: Ip): Uint8Array {
  const bytes = ipToBytes(ip);
  if (bytes.length === 16) return bytes;
  const mapped = new Uint8Array(16);
  mapped.fill(0xff, 10, 12);
  mapped.set(bytes, 12);
  return mapped;
}
