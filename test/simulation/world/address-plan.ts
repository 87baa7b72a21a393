// Who has which address on the simulated LANs, 10.0.0.0/8 with fd00::/64 and 11.0.0.0/8 with fd01::/64: nodes, clients, pools and foreign hosts
// never meet. `lan` is the number of the LAN, from 0.
import assert from 'node:assert';
import { createHash } from 'node:crypto';
import { parseIp, type Family, type Ip } from '#shared/net/ip.ts';
import type { Mac } from '#shared/net/mac.ts';

export const lanNames = ['lan', 'lan-2'] as const;
const lanPrefixBits = 8;
const lanPrefixBitsIpv6 = 64;
/** What Services, nodes, clients and pools have addresses of. */
export type Families = Family | 'both';

/** Of one pool. */
export const mostPoolAddresses = 65_536;

/** `index` from 0. */
export function nodeName(index: number): string {
  return `n${index + 1}`;
}

/** What speakers call it among themselves (spec/layer2.md §8). */
export function nodeIdText(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 16);
}

export function nodeIp(index: number, lan = 0): Ip {
  return address(0x0a01_0001 + index, lan);
}

function nodeIpv6(index: number, lan = 0): Ip {
  return addressIpv6(lan, `1:${(index + 1).toString(16)}`);
}

/** All of its addresses on the LAN, with prefix. */
export function nodePrefixes(index: number, lan: number, families: Families): readonly string[] {
  const linkLocal = `fe80::1:${(index + 1).toString(16)}`;
  return [
    ...(families === 'IPv6' ? [] : [`${nodeIp(index, lan)}/${lanPrefixBits}`]),
    ...(families === 'IPv4' ? [] : [`${linkLocal}/64`, `${nodeIpv6(index, lan)}/${lanPrefixBitsIpv6}`]),
  ];
}

/** Next hops of its default routes. */
export function nodeGateways(families: Families): readonly Ip[] {
  return [...(families === 'IPv6' ? [] : [routerIp]), ...(families === 'IPv4' ? [] : [routerIpv6])];
}

/** Of a node, as the cluster knows it. */
export function nodeIps(index: number, families: Families): readonly Ip[] {
  return [...(families === 'IPv6' ? [] : [nodeIp(index)]), ...(families === 'IPv4' ? [] : [nodeIpv6(index)])];
}

export function nodeMac(index: number, lan = 0): Mac {
  return mac(0x01_0000 + 0x10_0000 * lan + index);
}

/** After its interface was replaced `changes` times. */
export function replacedMac(index: number, changes: number): Mac {
  return mac(0x02_0000 + changes * 0x400 + index);
}

export function clientIp(index: number, lan = 0): Ip {
  return address(0x0a00_0101 + index, lan);
}

export function clientIpv6(index: number, lan = 0): Ip {
  return addressIpv6(lan, `2:${(index + 1).toString(16)}`);
}

export function clientMac(index: number, lan = 0): Mac {
  return mac(0x03_0000 + 0x10_0000 * lan + index);
}

export const foreignMac = mac(0x04_0000);
export const routerMac = mac(0x05_0000);
export const routerIp = address(0x0a00_0001, 0);
/** Of the second router, which is nobody's default route. */
export const otherRouterIp = address(0x0a00_0002, 0);
export const otherRouterMac = mac(0x05_0001);
export const routerIpv6 = addressIpv6(0, '3:1');

/** Of both families, if so. */
export function poolRanges(pool: number, addresses: number, lan: number, families: Families): readonly string[] {
  return [
    ...(families === 'IPv6' ? [] : [poolRange(pool, addresses, lan)]),
    ...(families === 'IPv4' ? [] : [poolRangeIpv6(pool, addresses, lan)]),
  ];
}

export function poolRange(pool: number, addresses: number, lan = 0): string {
  const first = 0x0a40_0000 + pool * mostPoolAddresses;
  return `${address(first, lan)}-${address(first + addresses - 1, lan)}`;
}

function poolRangeIpv6(pool: number, addresses: number, lan = 0): string {
  const ends = [0, addresses - 1].map((end) => addressIpv6(lan, `${(0x40 + pool).toString(16)}:${end.toString(16)}`));
  return ends.join('-');
}

/** The number of the LAN on which it is on-link. */
export function lanOfIp(ip: Ip): number {
  return ip.startsWith('11.') || ip.startsWith('fd01:') ? 1 : 0;
}

function address(onFirst: number, lan: number): Ip {
  const value = onFirst + 0x0100_0000 * lan;
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.') as Ip;
}

function addressIpv6(lan: number, end: string): Ip {
  return ipv6(`fd0${lan}::${end}`);
}

function ipv6(text: string): Ip {
  const ip = parseIp(text);
  assert(ip !== undefined, text);
  return ip;
}

function mac(value: number): Mac {
  const octets = [16, 8, 0].map((shift) => ((value >>> shift) & 255).toString(16).padStart(2, '0'));
  return `02:00:00:${octets.join(':')}` as Mac;
}
