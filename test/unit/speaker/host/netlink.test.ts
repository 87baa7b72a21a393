import { expect, test } from 'vitest';
import { ByteReader } from '#shared/net/byte-reader.ts';
import { WireError } from '#shared/net/wire-error.ts';
import { decodeInterfaceAddress } from '#speaker/host/netlink-address.ts';
import { decodeLink } from '#speaker/host/netlink-link.ts';
import { decodeGateways } from '#speaker/host/netlink-route.ts';
import { decodeAttributes, decodeNetlink, encodeDumpRequest, encodeNetlink } from '#speaker/host/netlink.ts';
import { golden } from '#test/golden/golden.ts';

const goldenNames = [
  'link-loopback',
  'link-veth',
  'link-bridge-port',
  'bridge-port-left',
  'addresses',
  'routes',
  'bond/failover',
  'bond/vlan-deleted',
];

function payloads(name: string): readonly Uint8Array[] {
  return decodeNetlink(golden(`netlink/${name}`)).map(({ payload }) => payload);
}

/** Every decoder on every message, as none may fail otherwise than with a WireError. */
function decodeAll(datagram: Uint8Array): void {
  for (const { payload } of decodeNetlink(datagram)) {
    for (const decode of [decodeLink, decodeInterfaceAddress, decodeGateways]) decode(payload);
  }
}

test('an Ethernet interface', () => {
  expect(payloads('link-veth').map(decodeLink)).toEqual([
    {
      index: 7,
      name: 'lan0',
      mac: '02:50:00:00:00:01',
      kind: 'veth',
      master: undefined,
      ethernet: true,
      loopback: false,
      noArp: false,
      up: true,
      lowerUp: true,
      mtu: 1500,
    },
  ]);
});

test('a port names its master', () => {
  expect(payloads('link-bridge-port').map(decodeLink)).toEqual([
    expect.objectContaining({ index: 9, name: 'port0', master: 8, kind: 'veth' }),
  ]);
});

test('loopback has no MAC and is no Ethernet', () => {
  expect(payloads('link-loopback').map(decodeLink)).toEqual([
    expect.objectContaining({ name: 'lo', mac: undefined, ethernet: false, loopback: true }),
  ]);
});

test('a port that leaves its bridge is not an interface that is deleted', () => {
  expect(payloads('bridge-port-left').map(decodeLink)).toEqual([undefined]);
});

test('addresses, with their flags', () => {
  const flags = { temporary: false, deprecated: false, tentative: false, duplicate: false };
  expect(payloads('addresses').map(decodeInterfaceAddress)).toEqual([
    { interfaceIndex: 7, ip: '192.0.2.1', prefixBits: 24, ...flags },
    { interfaceIndex: 7, ip: '2001:db8::1', prefixBits: 64, ...flags },
    { interfaceIndex: 7, ip: 'fe80::50:ff:fe00:1', prefixBits: 64, ...flags, tentative: true },
  ]);
});

test('gateways are the next hops of default routes, and of no others', () => {
  expect(payloads('routes').map(decodeGateways)).toEqual([
    [{ interfaceIndex: 7, ip: '192.0.2.254' }],
    [
      { interfaceIndex: 7, ip: '192.0.2.252' },
      { interfaceIndex: 7, ip: '192.0.2.253' },
    ],
    [],
    [],
    [{ interfaceIndex: 7, ip: 'fe80::1' }],
  ]);
});

test.each(goldenNames)('%s: the messages are encoded to the same octets', (name) => {
  const bytes = golden(`netlink/${name}`);
  // The asker's port, at offset 12, is the kernel's business: it was 0 or that of the capture.
  const encoded = decodeNetlink(bytes).flatMap((message) => [...encodeNetlink(message)]);
  let offset = 0;
  for (const { payload } of decodeNetlink(bytes)) {
    encoded.splice(offset + 12, 4, ...bytes.subarray(offset + 12, offset + 16));
    offset += 16 + payload.length;
  }
  expect(Uint8Array.from(encoded)).toEqual(bytes);
});

test.each(goldenNames)('%s cut at any length is refused with a WireError, or ends between two messages', (name) => {
  const bytes = golden(`netlink/${name}`);
  const ends = new Set([0]);
  let end = 0;
  for (const { payload } of decodeNetlink(bytes)) ends.add((end += 16 + payload.length));
  for (let length = 0; length < bytes.length; length++) {
    if (ends.has(length)) continue;
    expect(() => decodeNetlink(bytes.subarray(0, length))).toThrow(WireError);
  }
});

test.each(goldenNames)('%s with any octet changed is decoded, or refused with a WireError', (name) => {
  const original = golden(`netlink/${name}`);
  const others: unknown[] = [];
  for (let offset = 0; offset < original.length; offset++) {
    for (const flip of [0x01, 0xff]) {
      const bytes = original.slice();
      bytes[offset] = (original[offset] ?? 0) ^ flip;
      try {
        decodeAll(bytes);
      } catch (error) {
        if (!(error instanceof WireError)) others.push(error);
      }
    }
  }
  expect(others).toEqual([]);
});

test('attributes are padded to four octets, the last perhaps not', () => {
  const bytes = Uint8Array.from([5, 0, 1, 0, 0xaa, 0, 0, 0, 6, 0, 2, 0x80, 0xbb, 0xcc]);
  expect(decodeAttributes(new ByteReader(bytes, 'little'))).toEqual(
    new Map([
      [1, Uint8Array.of(0xaa)],
      [2, Uint8Array.of(0xbb, 0xcc)],
    ]),
  );
});

test.each([0, 3])('an attribute of %i octets cannot be', (length) => {
  const bytes = Uint8Array.from([length, 0, 1, 0]);
  expect(() => decodeAttributes(new ByteReader(bytes, 'little'))).toThrow(
    expect.objectContaining({ code: 'malformed' }),
  );
});

test('a dump is asked for with a header of zeros', () => {
  expect(Buffer.from(encodeDumpRequest(18, 16, 5)).toString('hex')).toBe(
    `20000000120001030500000000000000${'00'.repeat(16)}`,
  );
});
