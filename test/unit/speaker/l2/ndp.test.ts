import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ipFromBytes, type Ip } from '#shared/net/ip.ts';
import { macFromBytes, type Mac } from '#shared/net/mac.ts';
import { WireError } from '#shared/net/wire-error.ts';
import { multicastMac, solicitedNodeGroup } from '#speaker/l2/ipv6-multicast.ts';
import {
  decodeNdpFrame,
  encodeNdpFrame,
  ndpAnnouncement,
  ndpAnswer,
  ndpProbe,
  type NdpFrame,
  type NeighbourSolicitation,
} from '#speaker/l2/ndp.ts';
import { maxOptions, type NdpOption } from '#speaker/l2/ndp-option.ts';
import { golden } from '#test/golden/golden.ts';

const client = '02:50:00:00:00:09' as Mac;
const server = '02:50:00:00:00:01' as Mac;
const renewed = '02:50:00:00:00:02' as Mac;
const groupMac = '33:33:ff:00:00:01' as Mac;
const allNodesMac = '33:33:00:00:00:01' as Mac;
const clientIp = '2001:db8::9' as Ip;
const clientLinkLocal = 'fe80::50:ff:fe00:9' as Ip;
const serverIp = '2001:db8::1' as Ip;
const group = 'ff02::1:ff00:1' as Ip;
const allNodes = 'ff02::1' as Ip;
const none = '::' as Ip;
const etherType = 0x86dd;

const source = (mac: Mac): NdpOption => ({ kind: 'sourceLinkLayerAddress', mac });
const target = (mac: Mac): NdpOption => ({ kind: 'targetLinkLayerAddress', mac });

function solicitation(options: readonly NdpOption[] = [source(client)]): NeighbourSolicitation {
  return { kind: 'solicitation', target: serverIp, options };
}

const asked: NdpFrame = {
  ethernet: { destination: groupMac, source: client, etherType },
  source: clientIp,
  destination: group,
  message: solicitation(),
};
const told = { kind: 'advertisement', router: false, solicited: false, override: true, target: serverIp } as const;

const captured: readonly (readonly [string, NdpFrame])[] = [
  ['ndp/solicitation', asked],
  [
    'ndp/advertisement',
    {
      ethernet: { destination: client, source: server, etherType },
      source: serverIp,
      destination: clientIp,
      message: { ...told, solicited: true, options: [target(server)] },
    },
  ],
  [
    'ndp/unicast-probe',
    {
      ethernet: { destination: server, source: client, etherType },
      source: clientLinkLocal,
      destination: serverIp,
      message: solicitation(),
    },
  ],
  [
    'ndp/unicast-probe-answer',
    {
      ethernet: { destination: client, source: server, etherType },
      source: serverIp,
      destination: clientLinkLocal,
      message: { ...told, solicited: true, override: false, options: [] },
    },
  ],
  [
    'ndp/duplicate-detection',
    {
      ethernet: { destination: groupMac, source: client, etherType },
      source: none,
      destination: group,
      message: solicitation([{ kind: 'other', type: 14, value: Uint8Array.of(0x8e, 0x84, 0x83, 0x61, 0x7d, 0x48) }]),
    },
  ],
  [
    'ndp/duplicate-answer',
    {
      ethernet: { destination: allNodesMac, source: server, etherType },
      source: serverIp,
      destination: allNodes,
      message: { ...told, options: [target(server)] },
    },
  ],
  [
    'ndp/announcement',
    {
      ethernet: { destination: allNodesMac, source: renewed, etherType },
      source: serverIp,
      destination: allNodes,
      message: { ...told, options: [target(renewed)] },
    },
  ],
];

test.each(captured)('%s of a Linux kernel is decoded, and encoded to the same octets', (name, frame) => {
  expect(decodeNdpFrame(golden(name))).toEqual(frame);
  expect(encodeNdpFrame(frame)).toEqual(golden(name));
});

test('the solicitation of ndisc6 is decoded whatever its flow label', () => {
  expect(decodeNdpFrame(golden('ndp/ndisc6-solicitation'))).toEqual({ ...asked, source: clientLinkLocal });
});

test.each([
  ['ndp/advertisement', clientIp],
  ['ndp/duplicate-answer', undefined],
])("%s, the kernel's answer, is ours", (answer, ip) => {
  expect(encodeNdpFrame(ndpAnswer(server, { mac: client, ip, target: serverIp }))).toEqual(golden(answer));
});

test('the announcement is the one that a kernel makes', () => {
  expect(encodeNdpFrame(ndpAnnouncement(renewed, serverIp))).toEqual(golden('ndp/announcement'));
});

test('the probe is the one that a kernel makes, but for the nonce', () => {
  const { message, ...headers } = decodeNdpFrame(golden('ndp/duplicate-detection'));
  expect(ndpProbe(client, serverIp)).toEqual({ ...headers, message: { ...message, options: [] } });
});

test('a frame cut at any length is truncated', () => {
  const frame = golden('ndp/solicitation');
  for (let length = 0; length < frame.length; length++) {
    expect(() => decodeNdpFrame(frame.subarray(0, length))).toThrow(expect.objectContaining({ code: 'truncated' }));
  }
});

test('what follows the packet is padding', () => {
  const padded = new Uint8Array(120);
  padded.set(golden('ndp/solicitation'));
  expect(decodeNdpFrame(padded)).toEqual(asked);
});

/** Offsets in the frame. */
const at = {
  version: 14,
  payloadLength: 18,
  nextHeader: 20,
  hopLimit: 21,
  type: 54,
  code: 55,
  checksum: 56,
  options: 78,
};

/** With these octets instead, and a checksum that is right again. */
function changed(name: string, octets: Readonly<Record<number, number>>): Uint8Array {
  const frame = golden(name);
  for (const [offset, value] of Object.entries(octets)) frame[Number(offset)] = value;
  frame.set([0, 0], at.checksum);
  let sum = 58 + (frame.length - at.type);
  for (let offset = 22; offset < frame.length; offset += 2) {
    sum += ((frame[offset] ?? 0) << 8) | (frame[offset + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  frame.set([(~sum >> 8) & 0xff, ~sum & 0xff], at.checksum);
  return frame;
}

test('the checksum of these tests is right', () => {
  expect(changed('ndp/solicitation', {})).toEqual(golden('ndp/solicitation'));
});

test.each<[string, string, string, Readonly<Record<number, number>>]>([
  ['another EtherType', 'unsupported', 'ndp/solicitation', { 12: 8 }],
  ['another IP version', 'malformed', 'ndp/solicitation', { [at.version]: 0x45 }],
  ['another next header', 'unsupported', 'ndp/solicitation', { [at.nextHeader]: 17 }],
  ['a hop limit of 254', 'malformed', 'ndp/solicitation', { [at.hopLimit]: 254 }],
  ['another type', 'unsupported', 'ndp/solicitation', { [at.type]: 134 }],
  ['another code', 'malformed', 'ndp/solicitation', { [at.code]: 1 }],
  ['a multicast target', 'malformed', 'ndp/solicitation', { 62: 0xff }],
  ['a multicast target of an advertisement', 'malformed', 'ndp/advertisement', { 62: 0xff }],
  ['a multicast source', 'malformed', 'ndp/solicitation', { 22: 0xff }],
  ['an option of no length', 'malformed', 'ndp/solicitation', { [at.options + 1]: 0 }],
  ['an option longer than the packet', 'truncated', 'ndp/solicitation', { [at.options + 1]: 2 }],
  ['a source link-layer address of ::', 'malformed', 'ndp/duplicate-detection', { [at.options]: 1 }],
  ['a question from :: to no solicited-node group', 'malformed', 'ndp/duplicate-detection', { 50: 0 }],
  ['a solicited advertisement to all nodes', 'malformed', 'ndp/announcement', { 58: 0x60 }],
])('%s is %s', (_, code, name, octets) => {
  expect(() => decodeNdpFrame(changed(name, octets))).toThrow(expect.objectContaining({ code }));
});

test('a message shorter than 24 octets is truncated', () => {
  const frame = golden('ndp/unicast-probe-answer').subarray(0, -8);
  frame[at.payloadLength + 1] = 16;
  frame.set([0, 0], at.checksum);
  expect(() => decodeNdpFrame(frame)).toThrow(WireError);
});

test('reserved bits are ignored', () => {
  expect(decodeNdpFrame(changed('ndp/solicitation', { 58: 0xff, 61: 0xff }))).toEqual(asked);
});

test('options of unknown type, and link-layer addresses of unknown length, are kept as they are', () => {
  const options: readonly NdpOption[] = [
    { kind: 'other', type: 253, value: Uint8Array.of(1, 2, 3, 4, 5, 6) },
    { kind: 'other', type: 1, value: new Uint8Array(14).fill(7) },
    source(client),
  ];
  const frame = { ...asked, message: solicitation(options) };
  expect(decodeNdpFrame(encodeNdpFrame(frame))).toEqual(frame);
});

test('more options than anybody sends are refused', () => {
  const options = Array.from({ length: maxOptions + 1 }, () => source(client));
  const frame = encodeNdpFrame({ ...asked, message: solicitation(options) });
  expect(() => decodeNdpFrame(frame)).toThrow(expect.objectContaining({ code: 'unsupported' }));
});

/** The frame or undefined when it is refused; any other exception is a defect. */
function decoded(bytes: Uint8Array): NdpFrame | undefined {
  try {
    return decodeNdpFrame(bytes);
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

test('a packet with one bit changed is refused, unless the bit is ignored', () => {
  for (const name of ['ndp/solicitation', 'ndp/advertisement', 'ndp/duplicate-detection']) {
    const original = decodeNdpFrame(golden(name));
    for (let offset = at.version; offset < golden(name).length; offset++) {
      for (let bit = 1; bit < 256; bit <<= 1) {
        const frame = golden(name);
        frame[offset] = (frame[offset] ?? 0) ^ bit;
        const isIgnored = (offset === at.version && bit < 16) || (offset > at.version && offset < at.payloadLength);
        expect(decoded(frame)).toEqual(isIgnored ? original : undefined);
      }
    }
  }
});

const mac = fc.uint8Array({ minLength: 6, maxLength: 6 }).map(macFromBytes);
/** Unicast: the first octet is not that of groups. */
const ip = fc
  .tuple(fc.nat(0xfe), fc.uint8Array({ minLength: 15, maxLength: 15 }))
  .map(([first, rest]) => ipFromBytes(Uint8Array.of(first, ...rest)));
const option: fc.Arbitrary<NdpOption> = fc.oneof(
  mac.map(source),
  mac.map(target),
  fc.record({
    kind: fc.constant('other' as const),
    type: fc.integer({ min: 3, max: 255 }),
    value: fc.nat(5).chain((units) => fc.uint8Array({ minLength: 8 * units + 6, maxLength: 8 * units + 6 })),
  }),
);
const options = fc.array(option, { maxLength: maxOptions });
const message = fc.oneof(
  fc.record({ kind: fc.constant('solicitation' as const), target: ip, options }),
  fc.record({
    kind: fc.constant('advertisement' as const),
    router: fc.boolean(),
    solicited: fc.boolean(),
    override: fc.boolean(),
    target: ip,
    options,
  }),
);
const frame = fc.record({
  ethernet: fc.record({ destination: mac, source: mac, etherType: fc.constant(etherType) }),
  source: ip.filter((one) => one !== none),
  destination: ip,
  message,
});

test('any frame survives being encoded and decoded', () => {
  fc.assert(
    fc.property(frame, (given) => {
      expect(decodeNdpFrame(encodeNdpFrame(given))).toEqual(given);
    }),
  );
});

test('whatever comes is decoded or refused with a WireError, and what was decoded can be sent again', () => {
  const mutation = fc.array(fc.tuple(fc.nat(90), fc.nat(255)), { maxLength: 6 });
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc
      .tuple(frame, mutation)
      .map(([given, mutations]) =>
        mutations.reduce((all, [offset, value]) => all.with(offset % all.length, value), encodeNdpFrame(given)),
      ),
  );
  fc.assert(
    fc.property(bytes, (given) => {
      const found = decoded(given);
      expect(found && decodeNdpFrame(encodeNdpFrame(found))).toEqual(found);
    }),
    { numRuns: 1000 },
  );
});

test.each([
  ['2001:db8::1', 'ff02::1:ff00:1', '33:33:ff:00:00:01'],
  ['2001:db8::12:3456:789a', 'ff02::1:ff56:789a', '33:33:ff:56:78:9a'],
  ['2001:db8::', 'ff02::1:ff00:0', '33:33:ff:00:00:00'],
])('%s is asked for in %s, at %s', (address, expectedGroup, expectedMac) => {
  expect(solicitedNodeGroup(address as Ip)).toBe(expectedGroup);
  expect(multicastMac(expectedGroup as Ip)).toBe(expectedMac);
});
