// The arithmetic of spec/bgp §6, to the octet.
import { describe, expect, test } from 'vitest';
import { ipFromBytes, type Family } from '#shared/net/ip.ts';
import { advertisedAttributes } from '#speaker/bgp/advertised-attributes.ts';
import { encodePrefix, type EncodedPrefix } from '#speaker/bgp/nlri.ts';
import { announcementEnvelope, pack, withdrawalEnvelope, type Envelope } from '#speaker/bgp/packing.ts';
import { plainAttributes } from '#speaker/bgp/route-attributes.ts';
import { external } from './octets.ts';
import { RouteReceiver } from './route-receiver.ts';
import { ipv4NextHop, ipv6NextHop } from './out-play.ts';

const peer = { fourOctetAs: true, internal: false, extendedMessage: false, localAsn: 64_513 };
const community = { ...plainAttributes, communities: [0xfc00_0064] };
const fixedOctets: Readonly<Record<Family, readonly number[]>> = {
  IPv4: [10],
  IPv6: [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0],
};

/** 10.0.0.0, 10.0.0.1 …, or 2001:db8::, 2001:db8::1 … */
function prefixes(family: Family, count: number): readonly EncodedPrefix[] {
  const fixed = fixedOctets[family];
  return Array.from({ length: count }, (_, index) => {
    const ip = ipFromBytes(Uint8Array.of(...fixed, index >> 16, (index >> 8) & 0xff, index & 0xff));
    return encodePrefix({ ip, prefixBits: 8 * (fixed.length + 3) });
  });
}

/** Reading them all would only take time: enough for 10,000 prefixes. */
const mostRead = 43;

interface Packing {
  readonly messages: readonly Uint8Array[];
  /** Prefixes in the first `mostRead` messages. */
  readonly toRead: number;
  readonly cost: readonly [messages: number, octets: number];
}

function packAll(envelope: Envelope, all: readonly EncodedPrefix[]): Packing {
  const messages: Uint8Array[] = [];
  let toRead = 0;
  for (let start = 0; start < all.length;) {
    const { octets, end } = pack(envelope, all, start);
    messages.push(octets);
    start = end;
    if (messages.length <= mostRead) toRead = end;
  }
  expect(Math.max(...messages.map(({ length }) => length))).toBeLessThanOrEqual(4_096);
  return { messages, toRead, cost: [messages.length, messages.reduce((sum, { length }) => sum + length, 0)] };
}

/** What a receiver holds that was sent these. */
function heldAfter(messages: readonly Uint8Array[], family: Family, before: readonly EncodedPrefix[] = []): string {
  const receiver = new RouteReceiver(external);
  for (const prefix of before) receiver.held[family].set(prefix, '');
  for (const octets of messages) receiver.receive(octets);
  expect(receiver.redundant).toEqual([]);
  return [...receiver.held[family].keys()].join();
}

function announcement(family: Family, form: 'classic' | 'multiprotocol', nextHop: Uint8Array): Envelope {
  const attributes = advertisedAttributes(community, peer, form === 'classic' ? nextHop : undefined);
  const envelope = announcementEnvelope(family, { form, nextHop }, attributes, peer);
  if (envelope === undefined) throw new Error('no room');
  return envelope;
}

const both = Uint8Array.of(...ipv6NextHop, ...ipv6NextHop);

describe('one attribute set of one community', () => {
  test.each([
    [
      'IPv4 /32',
      'IPv4',
      'classic',
      ipv4NextHop,
      [
        [1_000, 2, 5_100],
        [10_000, 13, 50_650],
        [100_000, 124, 506_200],
      ],
    ],
    [
      'IPv6 /128',
      'IPv6',
      'multiprotocol',
      ipv6NextHop,
      [
        [1_000, 5, 17_340],
        [10_000, 43, 172_924],
        [100_000, 424, 1_728_832],
      ],
    ],
    [
      'IPv4 by IPv6',
      'IPv4',
      'multiprotocol',
      ipv6NextHop,
      [
        [1_000, 2, 5_136],
        [10_000, 13, 50_884],
        [100_000, 125, 508_500],
      ],
    ],
  ] as const)('announces %s', (_, family, form, nextHop, table) => {
    for (const [count, messages, octets] of table) {
      const all = prefixes(family, count);
      const packed = packAll(announcement(family, form, nextHop), all);
      expect(packed.cost).toEqual([messages, octets]);
      const held = heldAfter(packed.messages.slice(0, mostRead), family);
      expect(held).toBe(all.slice(0, packed.toRead).join());
    }
  });

  test.each([
    [
      'IPv4 /32',
      'IPv4',
      'classic',
      [
        [1_000, 2, 5_046],
        [10_000, 13, 50_299],
        [100_000, 123, 502_829],
      ],
    ],
    [
      'IPv6 /128',
      'IPv6',
      'multiprotocol',
      [
        [1_000, 5, 17_150],
        [10_000, 42, 171_260],
        [100_000, 419, 1_712_570],
      ],
    ],
  ] as const)('withdraws %s', (_, family, form, table) => {
    for (const [count, messages, octets] of table) {
      const all = prefixes(family, count);
      const packed = packAll(withdrawalEnvelope(family, form, peer), all);
      expect(packed.cost).toEqual([messages, octets]);
      const held = heldAfter(packed.messages.slice(0, mostRead), family, all);
      expect(held).toBe(all.slice(packed.toRead).join());
    }
  });
});

test.each([
  ['classic', 'IPv4', 'classic', ipv4NextHop, 809],
  ['one next hop', 'IPv6', 'multiprotocol', ipv6NextHop, 236],
  ['one next hop, IPv4', 'IPv4', 'multiprotocol', ipv6NextHop, 805],
  ['two next hops', 'IPv6', 'multiprotocol', both, 236],
  ['two next hops, IPv4', 'IPv4', 'multiprotocol', both, 802],
] as const)('the most prefixes of one message: %s', (_, family, form, nextHop, most) => {
  expect(pack(announcement(family, form, nextHop), prefixes(family, 1_000), 0).end).toBe(most);
});

test.each([
  ['classic', 'IPv4', 'classic', 814],
  ['IPv6', 'IPv6', 'multiprotocol', 239],
  ['IPv4 by IPv6', 'IPv4', 'multiprotocol', 813],
] as const)('the most withdrawals of one message: %s', (_, family, form, most) => {
  expect(pack(withdrawalEnvelope(family, form, peer), prefixes(family, 1_000), 0).end).toBe(most);
});

test('prefixes of all lengths lose no more than one prefix of room a message', () => {
  const all = Array.from({ length: 5_000 }, (_, index) =>
    encodePrefix({
      ip: ipFromBytes(Uint8Array.of(index >> 11, (index >> 3) & 0xff, (index & 7) << 5, 0)),
      prefixBits: 19 + (index % 14),
    }),
  );
  const unique = [...new Set(all)];
  const { messages, cost } = packAll(announcement('IPv4', 'classic', ipv4NextHop), unique);
  expect(heldAfter(messages, 'IPv4')).toBe(unique.join());
  const octets = unique.reduce((sum, prefix) => sum + prefix.length, 0);
  expect(cost[0]).toBeLessThanOrEqual(Math.ceil(octets / (4_096 - 50)) + 1);
});
