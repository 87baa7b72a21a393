import { expect, test } from 'vitest';
import { filterInstructions, netlinkAddress, packetAddress } from '#speaker/host/socket-address.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

test('the address of a packet socket has its protocol in network order', () => {
  expect(hex(packetAddress(0x0806, 7))).toBe('1100080607000000000000000000000000000000');
});

test('the address of a netlink socket has its groups', () => {
  expect(hex(netlinkAddress(0x111))).toBe('100000000000000011010000');
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
