import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ipFromBytes, type Ip } from '#shared/net/ip.ts';
import { macFromBytes, type Mac } from '#shared/net/mac.ts';
import { WireError } from '#shared/net/wire-error.ts';
import { maxOptions, type NdpOption } from '#speaker/l2/ndp-option.ts';
import {
  decodeRouterFrame,
  encodeRouterFrame,
  routerAdvertisement,
  routerSolicitation,
  type RouterAdvertisement,
  type RouterFrame,
} from '#speaker/l2/router-message.ts';
import { golden } from '#test/golden/golden.ts';

const node = { mac: '02:50:00:00:00:09' as Mac, ip: 'fe80::50:ff:fe00:9' as Ip };
const router = { mac: '02:50:00:00:00:01' as Mac, ip: 'fe80::50:ff:fe00:1' as Ip };
const etherType = 0x86dd;

const source = (mac: Mac): NdpOption => ({ kind: 'sourceLinkLayerAddress', mac });
const other = (type: number, hex: string): NdpOption => ({
  kind: 'other',
  type,
  value: Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex')),
});

function advertised(fields: Partial<RouterAdvertisement> = {}): RouterFrame {
  return {
    ethernet: { destination: '33:33:00:00:00:01' as Mac, source: router.mac, etherType },
    source: router.ip,
    destination: 'ff02::1' as Ip,
    message: {
      kind: 'routerAdvertisement',
      hopLimit: 64,
      flags: 0,
      lifetimeSeconds: 30,
      reachableTimeMs: 0,
      retransmitTimeMs: 0,
      options: [source(router.mac)],
      ...fields,
    },
  };
}

const asked = (from: typeof node, options: readonly NdpOption[]): RouterFrame => ({
  ethernet: { destination: '33:33:00:00:00:02' as Mac, source: from.mac, etherType },
  source: from.ip,
  destination: 'ff02::2' as Ip,
  message: { kind: 'routerSolicitation', options },
});

/** Domain names `lab.example.com` and `cluster.example.com` (RFC 8106 §5.2), padded. */
const searchList = '036c6162 076578616d706c65 03636f6d00 07636c7573746572 076578616d706c65 03636f6d00 0000';
const ofBird = [
  other(5, '0000 000005dc'),
  other(25, '0000 0000001e 20010db8000000000000000000000053 20010db8000000000000000000000054'),
  other(31, `0000 0000001e ${searchList}`),
];

test.each<[string, RouterFrame]>([
  ['router-solicitation', asked(router, [source(router.mac)])],
  ['rdisc6-solicitation', asked(node, [])],
  ['frr-advertisement', advertised()],
  ['bird-advertisement', advertised({ options: ofBird })],
  ['router-advertisement', routerAdvertisement(node)],
])('%s is decoded whatever its flow label, and encoded to the same message', (name, frame) => {
  expect(decodeRouterFrame(golden(`ndp/${name}`))).toEqual(frame);
  const withoutFlowLabel = golden(`ndp/${name}`);
  withoutFlowLabel.fill(0, 15, 18);
  const encoded = encodeRouterFrame(frame);
  // Shorter frames are padded.
  expect(encoded.subarray(0, withoutFlowLabel.length)).toEqual(withoutFlowLabel);
});

test('what this node says is that it is here, and nobody’s default router', () => {
  expect(encodeRouterFrame(routerAdvertisement(node))).toEqual(golden('ndp/router-advertisement'));
});

test('what this node asks is what a kernel asks', () => {
  expect(encodeRouterFrame(routerSolicitation(router))).toEqual(golden('ndp/router-solicitation'));
});

/** Offsets in the frame. */
const at = { hopLimit: 21, source: 22, type: 54, code: 55, checksum: 56, lifetime: 60, options: 70 };

/** With these octets instead, and a checksum that is right again. */
function changed(frame: Uint8Array, octets: Readonly<Record<number, number>>): Uint8Array {
  const bytes = frame.slice();
  for (const [offset, value] of Object.entries(octets)) bytes[Number(offset)] = value;
  bytes.set([0, 0], at.checksum);
  const length = ((bytes[18] ?? 0) << 8) | (bytes[19] ?? 0);
  let sum = 58 + length;
  for (let offset = at.source; offset < at.type + length; offset += 2) {
    sum += ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  bytes.set([(~sum >> 8) & 0xff, ~sum & 0xff], at.checksum);
  return bytes;
}

function zeros(from: number, count: number): Record<number, number> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [from + index, 0]));
}

describe('RFC 4861 §6.1 has a node discard', () => {
  const advertisement = golden('ndp/frr-advertisement');
  const solicitation = golden('ndp/router-solicitation');
  const withoutAddress = { [at.source]: 0, [at.source + 1]: 0, ...zeros(at.source + 8, 8) };

  test.each<[string, string, Uint8Array, Readonly<Record<number, number>>]>([
    ['an advertisement from a global address', 'malformed', advertisement, { [at.source]: 0x20, [at.source + 1]: 1 }],
    ['an advertisement from ::', 'malformed', advertisement, withoutAddress],
    ['an advertisement that was forwarded', 'malformed', advertisement, { [at.hopLimit]: 254 }],
    ['an advertisement with a code', 'malformed', advertisement, { [at.code]: 1 }],
    ['an advertisement shorter than 16 octets', 'truncated', advertisement, { 19: 15 }],
    ['an advertisement with an option of no length', 'malformed', advertisement, { [at.options + 1]: 0 }],
    ['an advertisement with an option beyond its end', 'truncated', advertisement, { [at.options + 1]: 2 }],
    ['a solicitation that was forwarded', 'malformed', solicitation, { [at.hopLimit]: 254 }],
    ['a solicitation with a code', 'malformed', solicitation, { [at.code]: 1 }],
    ['a solicitation shorter than 8 octets', 'truncated', solicitation, { 19: 7 }],
    ['a solicitation with an option of no length', 'malformed', solicitation, { 63: 0 }],
    ['a solicitation from :: that names a station', 'malformed', solicitation, withoutAddress],
    ['a solicitation from a group', 'malformed', solicitation, { [at.source]: 0xff }],
    ['a neighbour solicitation', 'unsupported', solicitation, { [at.type]: 135 }],
    ['a redirect', 'unsupported', advertisement, { [at.type]: 137 }],
  ])('%s', (_, code, frame, octets) => {
    expect(changed(frame, {})).toEqual(frame);
    expect(() => decodeRouterFrame(changed(frame, octets))).toThrow(expect.objectContaining({ code }));
  });

  test('what has another checksum', () => {
    expect(() => decodeRouterFrame(advertisement.with(at.lifetime, 1))).toThrow('wrong ICMPv6 checksum');
  });
});

test('a frame cut at any length is truncated', () => {
  const frame = golden('ndp/bird-advertisement');
  for (let length = 0; length < frame.length; length++) {
    expect(() => decodeRouterFrame(frame.subarray(0, length))).toThrow(expect.objectContaining({ code: 'truncated' }));
  }
});

test('a solicitation from :: without an option is one all the same', () => {
  const frame = asked({ ...node, ip: '::' as Ip }, []);
  expect(decodeRouterFrame(encodeRouterFrame(frame))).toEqual(frame);
});

test('more options than anybody sends are refused', () => {
  const options = Array.from({ length: maxOptions + 1 }, () => source(router.mac));
  const frame = encodeRouterFrame(advertised({ options }));
  expect(() => decodeRouterFrame(frame)).toThrow(expect.objectContaining({ code: 'unsupported' }));
});

/** The frame or undefined when it is refused; any other exception is a defect. */
function decoded(bytes: Uint8Array): RouterFrame | undefined {
  try {
    return decodeRouterFrame(bytes);
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

test('a packet with one bit changed is refused, unless the bit is of traffic class or flow label', () => {
  for (const name of ['ndp/frr-advertisement', 'ndp/router-solicitation']) {
    const original = decodeRouterFrame(golden(name));
    for (let offset = 14; offset < golden(name).length; offset++) {
      for (let bit = 1; bit < 256; bit <<= 1) {
        const frame = golden(name);
        frame[offset] = (frame[offset] ?? 0) ^ bit;
        const isIgnored = (offset === 14 && bit < 16) || (offset > 14 && offset < 18);
        expect(decoded(frame)).toEqual(isIgnored ? original : undefined);
      }
    }
  }
});

const mac = fc.uint8Array({ minLength: 6, maxLength: 6 }).map(macFromBytes);
const octetsOfIp = fc.uint8Array({ minLength: 16, maxLength: 16 });
const linkLocal = fc
  .uint8Array({ minLength: 8, maxLength: 8 })
  .map((end) => ipFromBytes(Uint8Array.of(0xfe, 0x80, 0, 0, 0, 0, 0, 0, ...end)));
const option: fc.Arbitrary<NdpOption> = fc.oneof(
  mac.map(source),
  fc.record({
    kind: fc.constant('other' as const),
    type: fc.integer({ min: 3, max: 255 }),
    value: fc.nat(5).chain((units) => fc.uint8Array({ minLength: 8 * units + 6, maxLength: 8 * units + 6 })),
  }),
);
const options = fc.array(option, { maxLength: maxOptions });
const word = fc.nat(0xffff_ffff);
const frame: fc.Arbitrary<RouterFrame> = fc.record({
  ethernet: fc.record({ destination: mac, source: mac, etherType: fc.constant(etherType) }),
  source: linkLocal,
  destination: octetsOfIp.map(ipFromBytes),
  message: fc.oneof(
    fc.record({ kind: fc.constant('routerSolicitation' as const), options }),
    fc.record({
      kind: fc.constant('routerAdvertisement' as const),
      hopLimit: fc.nat(255),
      flags: fc.nat(255),
      lifetimeSeconds: fc.nat(0xffff),
      reachableTimeMs: word,
      retransmitTimeMs: word,
      options,
    }),
  ),
});

test('any frame survives being encoded and decoded', () => {
  fc.assert(
    fc.property(frame, (given) => {
      expect(decodeRouterFrame(encodeRouterFrame(given))).toEqual(given);
    }),
  );
});

test('whatever comes is decoded or refused with a WireError, and what was decoded can be sent again', () => {
  const edits = fc.array(fc.tuple(fc.nat(110), fc.nat(255)), { maxLength: 6 });
  const edited = fc.tuple(frame, edits).map(([given, changes]) => {
    const bytes = encodeRouterFrame(given);
    return changed(
      bytes,
      Object.fromEntries(changes.map(([offset, value]) => [14 + (offset % (bytes.length - 14)), value])),
    );
  });
  const bytes = fc.oneof(fc.uint8Array({ maxLength: 200 }), edited);
  fc.assert(
    fc.property(bytes, (given) => {
      const found = decoded(given);
      expect(found && decodeRouterFrame(encodeRouterFrame(found))).toEqual(found);
    }),
    { numRuns: 1000 },
  );
});
