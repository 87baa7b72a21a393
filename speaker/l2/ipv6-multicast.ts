// Multicast groups of IPv6 that neighbour discovery uses, and their Ethernet addresses (RFC 4291 §2.7, RFC 2464 §7).
import { ipToBytes, type Ip } from '#shared/net/ip.ts';
import { macFromBytes, type Mac } from '#shared/net/mac.ts';

export const allNodes = 'ff02::1' as Ip;
export const allRouters = 'ff02::2' as Ip;
/** The last octets of a group that make its Ethernet address. */
const macOctets = 4;
const addressEndOctets = 3;

export function isMulticastIp(ip: Ip): boolean {
  // Only a group of four digits begins with the octet ff.
  return /^ff[0-9a-f]{2}:/.test(ip);
}

/** The group in which the addresses are asked for whose lowest 24 bits are `end`. */
export function solicitedNodeGroupOf(end: number): Ip {
  const [high, low] = [(end >> 16) & 0xff, end & 0xffff];
  return `ff02::1:ff${high.toString(16).padStart(2, '0')}:${low.toString(16)}` as Ip;
}

export function solicitedNodeGroup(ip: Ip): Ip {
  const [high = 0, middle = 0, low = 0] = ipToBytes(ip).subarray(-addressEndOctets);
  return solicitedNodeGroupOf((high << 16) | (middle << 8) | low);
}

export function isSolicitedNodeGroup(ip: Ip): boolean {
  return /^ff02::1:ff[0-9a-f]{2}:[0-9a-f]{1,4}$/.test(ip);
}

export function multicastMac(group: Ip): Mac {
  const octets = Uint8Array.of(0x33, 0x33, 0, 0, 0, 0);
  octets.set(ipToBytes(group).subarray(-macOctets), octets.length - macOctets);
  return macFromBytes(octets);
}
