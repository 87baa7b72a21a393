import { expect, test } from 'vitest';
import type { Ip } from '#shared/net/ip.ts';
import { outFamily } from '#speaker/bgp/next-hop.ts';
import { toHex } from './octets.ts';

const ip = (text: string): Ip => text as Ip;
const over4 = { local: ip('192.0.2.11'), remote: ip('192.0.2.1') };
const over6 = { local: ip('2001:db8:b::11'), remote: ip('2001:db8:b::1') };
const overLink = { local: ip('fe80::11'), remote: ip('fe80::1') };
const global = { globalIPv6: ip('2001:db8:b::11') };
const none = { globalIPv6: undefined };
const plain = { extendedNextHop: false, linkLocalNextHop: false };
const extended = { extendedNextHop: true, linkLocalNextHop: false };
const linkLocal = { extendedNextHop: true, linkLocalNextHop: true };

const global16 = '20010db8000b00000000000000000011';
const link16 = 'fe800000000000000000000000000011';

test.each([
  ['IPv4 over IPv4', 'IPv4', over4, none, plain, 'classic c000020b'],
  ['IPv4 over IPv6', 'IPv4', over6, global, extended, `multiprotocol ${global16}`],
  ['IPv4 over IPv6 without RFC 8950', 'IPv4', over6, global, plain, 'multiprotocol extendedNextHopMissing'],
  ['IPv6 over IPv6', 'IPv6', over6, none, plain, `multiprotocol ${global16}`],
  ['IPv6 over IPv4', 'IPv6', over4, global, plain, `multiprotocol ${global16}`],
  ['IPv6 over IPv4 without an address', 'IPv6', over4, none, plain, 'multiprotocol noIPv6NextHop'],
  ['IPv6 over a link, with a global address', 'IPv6', overLink, global, plain, `multiprotocol ${global16}${link16}`],
  ['IPv6 over a link alone', 'IPv6', overLink, none, linkLocal, `multiprotocol ${link16}`],
  ['IPv6 over a link alone, unasked', 'IPv6', overLink, none, plain, `multiprotocol ${link16}${link16}`],
  ['IPv4 over a link', 'IPv4', overLink, global, extended, `multiprotocol ${global16}${link16}`],
  ['IPv4 over a link without RFC 8950', 'IPv4', overLink, global, plain, 'multiprotocol extendedNextHopMissing'],
  ['U3: the own address of the peer', 'IPv6', over4, { globalIPv6: ip('::1') }, plain, 'multiprotocol unusableAddress'],
  ['U3: the same on both sides', 'IPv4', { ...over4, remote: over4.local }, none, plain, 'classic unusableAddress'],
  ['U3: loopback', 'IPv4', { ...over4, local: ip('127.0.0.1') }, none, plain, 'classic unusableAddress'],
  ['U3: unspecified', 'IPv6', over4, { globalIPv6: ip('::') }, plain, 'multiprotocol unusableAddress'],
  ['U3: multicast', 'IPv6', over4, { globalIPv6: ip('ff02::1') }, plain, 'multiprotocol unusableAddress'],
] as const)('%s', (_, family, addresses, link, negotiated, expected) => {
  const { form, nextHop } = outFamily(family, addresses, link, negotiated);
  expect(`${form} ${typeof nextHop === 'string' ? nextHop : toHex(nextHop)}`).toBe(expected);
});
