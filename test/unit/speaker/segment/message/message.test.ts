import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteReader } from '#shared/net/byte-reader.ts';
import type { Ip } from '#shared/net/ip.ts';
import { WireError } from '#shared/net/wire-error.ts';
import { splitAddressList, type AddressEntry } from '#speaker/segment/message/address-list.ts';
import { claimListBytes } from '#speaker/segment/message/claim.ts';
import { headerBytes, maxDatagramBytes, readHeader, tagBytes, type Header } from '#speaker/segment/message/header.ts';
import { decodeBody, encodeMessage, type Message } from '#speaker/segment/message/message.ts';
import type { NodeId } from '#speaker/segment/node-id.ts';
import { header, messages } from './messages.ts';

function decode(datagram: Uint8Array): { readonly header: Header; readonly message: Message | undefined } {
  const { type, header: read } = readHeader(new ByteReader(datagram));
  return { header: read, message: decodeBody(type, datagram) };
}

/** Undefined when it is refused; any other exception is a defect. */
function tryDecode(datagram: Uint8Array): unknown {
  try {
    return decode(datagram);
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const given: Header = {
  joining: true,
  keyId: 0xabcd,
  sender: '0123456789abcdef' as NodeId,
  incarnation: 0x0000018bcfe56800,
  sequence: 7,
};

test('the header stands as specified', () => {
  const datagram = encodeMessage(given, { kind: 'ping', nonce: 0x01020304 });
  expect(hex(datagram)).toBe(
    `4c3201030001abcd0123456789abcdef0000018bcfe56800000000000000000701020304${'00'.repeat(16)}`,
  );
});

test('a list of addresses stands as specified', () => {
  const entries: AddressEntry[] = [
    { ip: '192.0.2.1' as Ip, epoch: 5, minority: true, handOff: false, silent: false },
    { ip: '2001:db8::1' as Ip, epoch: 6, minority: false, handOff: true, silent: true },
  ];
  const datagram = encodeMessage(given, { kind: 'claim', reason: 'handOff', entries });
  expect(hex(datagram.subarray(headerBytes, -tagBytes))).toBe(
    '0400020000000502c0000201000000060d20010db8000000000000000000000001',
  );
});

test.each(messages.map((message, index) => [index + 1, message] as const))(
  'any message of type %i survives being encoded and decoded',
  (type, message) => {
    fc.assert(
      fc.property(header, message, (some, body) => {
        const datagram = encodeMessage(some, body);
        expect(datagram[3]).toBe(type);
        expect(datagram.length).toBeLessThanOrEqual(maxDatagramBytes);
        expect(decode(datagram)).toEqual({ header: some, message: body });
      }),
      { numRuns: 50 },
    );
  },
);

test.each(messages.map((message, index) => [index + 1, message] as const))(
  'a message of type %i that is cut anywhere is refused with a WireError, or decoded as what is left',
  (_, message) => {
    fc.assert(
      fc.property(header, message, fc.nat(maxDatagramBytes), (some, body, length) => {
        const datagram = encodeMessage(some, body);
        tryDecode(datagram.subarray(0, length % datagram.length));
        expect(tryDecode(datagram.subarray(0, length % headerBytes))).toBeUndefined();
      }),
      { numRuns: 50 },
    );
  },
);

test('a message with any octets changed is decoded or refused with a WireError', () => {
  const changes = fc.array(fc.tuple(fc.nat(maxDatagramBytes), fc.nat(0xff)), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(header, fc.oneof(...messages), changes, (some, body, octets) => {
      const datagram = encodeMessage(some, body);
      for (const [at, value] of octets) datagram[at % datagram.length] = value;
      tryDecode(datagram);
    }),
    { numRuns: 500 },
  );
});

test('trailing octets are ignored, unknown types too', () => {
  const datagram = encodeMessage(given, { kind: 'ping', nonce: 9 });
  const longer = new Uint8Array([...datagram.subarray(0, -tagBytes), 1, 2, 3, ...datagram.subarray(-tagBytes)]);
  expect(decode(longer).message).toEqual({ kind: 'ping', nonce: 9 });
  longer[3] = 32;
  expect(decode(longer).message).toBeUndefined();
});

test('another version is not supported', () => {
  const datagram = encodeMessage(given, { kind: 'ping', nonce: 9 });
  datagram[2] = 2;
  expect(() => decode(datagram)).toThrow(expect.objectContaining({ code: 'unsupported' }));
});

test('a long list is cut into messages that fit, in order', () => {
  const entries = Array.from({ length: 300 }, (_, index): AddressEntry => {
    const ip = (index % 3 === 0 ? `2001:db8::${index + 1}` : `10.0.0.${index & 255}`) as Ip;
    return { ip, epoch: index, minority: false, handOff: false, silent: false };
  });
  const lists = splitAddressList(entries, claimListBytes);
  expect(lists.length).toBeGreaterThan(2);
  expect(lists.flat()).toEqual(entries);
  for (const list of lists) {
    const { length } = encodeMessage(given, { kind: 'offer', offer: 1, reason: 1, entries: list });
    expect(length).toBeLessThanOrEqual(maxDatagramBytes);
  }
});

test('a message written over another one is the same as on new octets', () => {
  const into = new Uint8Array(maxDatagramBytes).fill(0xff);
  fc.assert(
    fc.property(header, fc.oneof(...messages), (head, message) => {
      expect(hex(encodeMessage(head, message, into))).toBe(hex(encodeMessage(head, message)));
    }),
  );
});

test('ids that end alike are told apart', () => {
  const senders = ['0000000100000007', '0000000200000007', '0000000100000007', 'ffffffff00000407'].map(
    (id) => id as NodeId,
  );
  for (const sender of senders) {
    expect(decode(encodeMessage({ ...given, sender }, { kind: 'ping', nonce: 1 })).header.sender).toBe(sender);
  }
});
