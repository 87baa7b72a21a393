import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ipFromBytes, type Ip } from '#shared/net/ip.ts';
import { macFromBytes, type Mac } from '#shared/net/mac.ts';
import { WireError } from '#shared/net/wire-error.ts';
import {
  arpAnnouncementReply,
  arpAnnouncementRequest,
  arpProbe,
  arpQuestion,
  arpReply,
  decodeArpFrame,
  encodeArpFrame,
  type ArpFrame,
} from '#speaker/l2/arp.ts';
import { golden } from '#test/golden/golden.ts';

const client = '02:50:00:00:00:09' as Mac;
const server = '02:50:00:00:00:01' as Mac;
const renewed = '02:50:00:00:00:02' as Mac;
const zero = '00:00:00:00:00:00' as Mac;
const broadcast = 'ff:ff:ff:ff:ff:ff' as Mac;
const clientIp = '192.0.2.9' as Ip;
const serverIp = '192.0.2.1' as Ip;

const captured: readonly (readonly [string, ArpFrame])[] = [
  [
    'arp/request',
    {
      ethernet: { destination: broadcast, source: client, etherType: 0x0806 },
      arp: { operation: 1, senderMac: client, senderIp: clientIp, targetMac: zero, targetIp: serverIp },
    },
  ],
  [
    'arp/reply',
    {
      ethernet: { destination: client, source: server, etherType: 0x0806 },
      arp: { operation: 2, senderMac: server, senderIp: serverIp, targetMac: client, targetIp: clientIp },
    },
  ],
  [
    'arp/announcement',
    {
      ethernet: { destination: broadcast, source: renewed, etherType: 0x0806 },
      arp: { operation: 1, senderMac: renewed, senderIp: serverIp, targetMac: zero, targetIp: serverIp },
    },
  ],
];

function padded(frame: Uint8Array): Uint8Array {
  const whole = new Uint8Array(60);
  whole.set(frame);
  return whole;
}

test.each(captured)('%s of a Linux kernel is decoded, and encoded to the same octets', (name, frame) => {
  expect(decodeArpFrame(golden(name))).toEqual(frame);
  expect(decodeArpFrame(padded(golden(name)))).toEqual(frame);
  expect(encodeArpFrame(frame)).toEqual(padded(golden(name)));
});

test('the reply to a captured request is the one that the kernel gave', () => {
  const { arp } = decodeArpFrame(golden('arp/request'));
  expect(encodeArpFrame(arpReply(server, arp))).toEqual(padded(golden('arp/reply')));
});

test('the announcement in request form is the one that a kernel makes', () => {
  expect(encodeArpFrame(arpAnnouncementRequest(renewed, serverIp))).toEqual(padded(golden('arp/announcement')));
});

test('the announcement in reply form has the sender as its target', () => {
  expect(arpAnnouncementReply(server, serverIp)).toEqual({
    ethernet: { destination: broadcast, source: server, etherType: 0x0806 },
    arp: { operation: 2, senderMac: server, senderIp: serverIp, targetMac: server, targetIp: serverIp },
  });
});

test('a probe asks all, from no address', () => {
  expect(arpProbe(server, serverIp)).toEqual({
    ethernet: { destination: broadcast, source: server, etherType: 0x0806 },
    arp: { operation: 1, senderMac: server, senderIp: '0.0.0.0', targetMac: zero, targetIp: serverIp },
  });
});

test.each([broadcast, server])('a question to %s is the one that a kernel asks', (to) => {
  const [, { ethernet, arp }] = captured[0] as (typeof captured)[number];
  const asked = { senderMac: client, senderIp: clientIp, targetIp: serverIp };
  expect(arpQuestion(to, asked)).toEqual({ ethernet: { ...ethernet, destination: to }, arp });
});

test('a frame cut at any length is truncated', () => {
  const frame = golden('arp/request');
  for (let length = 0; length < frame.length; length++) {
    expect(() => decodeArpFrame(frame.subarray(0, length))).toThrow(expect.objectContaining({ code: 'truncated' }));
  }
});

test.each([
  ['EtherType', 12],
  ['hardware type', 14],
  ['protocol type', 16],
  ['hardware address length', 18],
  ['protocol address length', 19],
])('another %s is not supported', (_, offset) => {
  const frame = golden('arp/request');
  frame[offset] = 0x7f;
  expect(() => decodeArpFrame(frame)).toThrow(expect.objectContaining({ code: 'unsupported' }));
});

/** What the octets are re-encoded to; undefined when they are refused. Any other exception is a defect. */
function reencoded(frame: Uint8Array): Uint8Array | undefined {
  try {
    return encodeArpFrame(decodeArpFrame(frame));
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

test('a frame with any octet changed is decoded as it stands, or refused with a WireError', () => {
  const original = golden('arp/reply');
  for (let offset = 0; offset < original.length; offset++) {
    for (const flip of [0x01, 0x80, 0xff]) {
      const frame = original.slice();
      frame[offset] = (original[offset] ?? 0) ^ flip;
      const isFixed = offset >= 12 && offset < 20;
      expect(reencoded(frame)).toEqual(isFixed ? undefined : padded(frame));
    }
  }
});

const mac = fc.uint8Array({ minLength: 6, maxLength: 6 }).map(macFromBytes);
const ip = fc.uint8Array({ minLength: 4, maxLength: 4 }).map(ipFromBytes);

test('any packet survives being encoded and decoded', () => {
  const frame = fc.record({
    ethernet: fc.record({ destination: mac, source: mac, etherType: fc.constant(0x0806) }),
    arp: fc.record({
      operation: fc.nat(0xffff),
      senderMac: mac,
      senderIp: ip,
      targetMac: mac,
      targetIp: ip,
    }),
  });
  fc.assert(
    fc.property(frame, (given) => {
      expect(decodeArpFrame(encodeArpFrame(given))).toEqual(given);
    }),
  );
});
