// The LAN's own ARP against the product's: two readings of one RFC.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeArpFrame, encodeArpFrame } from '#speaker/l2/arp.ts';
import { readArp, writeArp } from '#test/simulation/lan/arp-message.ts';
import { frameOf } from '#test/simulation/lan/frame.ts';
import { ipv4Number, ipv4Text, isGroupMac, macNumber, macText } from '#test/simulation/lan/octets.ts';

const mac = fc.bigInt(0n, (1n << 48n) - 1n).map(Number);
const ip = fc.nat(0xffff_ffff);

test('what one writes the other reads', () => {
  const message = fc.record({
    operation: fc.nat(0xffff),
    senderMac: mac,
    senderIp: ip,
    targetMac: mac,
    targetIp: ip,
  });
  fc.assert(
    fc.property(mac, message, (destination, written) => {
      const bytes = writeArp(destination, written);
      const { ethernet, arp } = decodeArpFrame(bytes);
      expect([ethernet.destination, ethernet.source].map(macNumber)).toEqual([destination, written.senderMac]);
      expect(arp).toEqual({
        operation: written.operation,
        senderMac: macText(written.senderMac),
        senderIp: ipv4Text(written.senderIp),
        targetMac: macText(written.targetMac),
        targetIp: ipv4Text(written.targetIp),
      });
      expect(encodeArpFrame({ ethernet, arp })).toEqual(bytes);
      expect(frameOf(bytes)).toEqual({ bytes, destination, source: written.senderMac, arp: written });
    }),
  );
});

test('numbers and texts of addresses name the same', () => {
  fc.assert(
    fc.property(mac, ip, (someMac, someIp) => {
      expect(macNumber(macText(someMac))).toBe(someMac);
      expect(ipv4Number(ipv4Text(someIp))).toBe(someIp);
    }),
  );
  expect([0x02_00_00_00_00_01, 0x01_00_5e_00_00_01, 0xff_ff_ff_ff_ff_ff].map(isGroupMac)).toEqual([false, true, true]);
});

test.each([
  ['is cut short', (bytes: Uint8Array) => bytes.subarray(0, 41)],
  ['is of another EtherType', (bytes: Uint8Array) => bytes.with(13, 0)],
  ['is not for IPv4', (bytes: Uint8Array) => bytes.with(17, 1)],
  ['has other lengths', (bytes: Uint8Array) => bytes.with(18, 8)],
])('a frame that %s is no ARP', (_, spoil) => {
  const bytes = writeArp(1, { operation: 1, senderMac: 2, senderIp: 3, targetMac: 4, targetIp: 5 });
  expect(readArp(bytes)).toBeDefined();
  expect(readArp(spoil(bytes))).toBeUndefined();
});
