import { expect, test } from 'vitest';
import type { Ip } from '#shared/net/ip.ts';
import {
  endpointOf,
  filterInstructions,
  groupRequest,
  internetAddress,
  ipv6GroupRequest,
  netlinkAddress,
  packetAddress,
} from '#speaker/host/socket-address.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

test('the address of a packet socket has its protocol in network order', () => {
  expect(hex(packetAddress(0x0806, 7))).toBe('1100080607000000000000000000000000000000');
});

test('the address of a netlink socket has its groups', () => {
  expect(hex(netlinkAddress(0x111))).toBe('100000000000000011010000');
});

test.each([
  ['192.0.2.1', '02001f0ac00002010000000000000000'],
  ['fe80::1:2', '0a001f0a00000000fe80000000000000000000000001000207000000'],
])('the address of a UDP socket at %s has its port in network order', (ip, octets) => {
  const endpoint = { ip: ip as Ip, port: 7946 };
  const address = internetAddress(endpoint, 7);
  expect(hex(address)).toBe(octets);
  expect(endpointOf(address)).toEqual(endpoint);
});

test('groups on an interface', () => {
  expect(hex(groupRequest('224.0.0.254' as Ip, 7))).toBe('e00000fe0000000007000000');
  expect(hex(groupRequest(undefined, 7))).toBe('000000000000000007000000');
  expect(hex(ipv6GroupRequest('ff02::114' as Ip, 7))).toBe('ff02000000000000000000000000011407000000');
});

test('instructions of a filter', () => {
  expect(
    hex(
      filterInstructions([
        { code: 0x15, jt: 1, jf: 2, k: 0x0806 },
        { code: 6, jt: 0, jf: 0, k: 256 },
      ]),
    ),
  ).toBe('15000102060800000600000000010000');
});
