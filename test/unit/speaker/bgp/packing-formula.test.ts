// The formulas of spec/bgp §6 as a property: so many prefixes of one length, with any attributes, take exactly so many messages and octets.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { bitsOf, ipFromNumber, type Family } from '#shared/net/ip.ts';
import { advertisedAttributes } from '#speaker/bgp/advertised-attributes.ts';
import type { Form } from '#speaker/bgp/next-hop.ts';
import { encodePrefix, type EncodedPrefix } from '#speaker/bgp/nlri.ts';
import { announcementEnvelope, pack, withdrawalEnvelope, type Envelope } from '#speaker/bgp/packing.ts';
import { plainAttributes } from '#speaker/bgp/route-attributes.ts';
import { ipv4NextHop, ipv6NextHop } from './out-play.ts';

const mostOctets = 4_096;
const peer = { fourOctetAs: true, internal: false, extendedMessage: false, localAsn: 64_513 };

interface Case {
  readonly family: Family;
  readonly form: Form;
  readonly hops: 1 | 2;
  readonly prefixBits: number;
  readonly count: number;
  readonly communities: number;
  readonly prepend: number;
}

const anyCase: fc.Arbitrary<Case> = fc
  .record({
    way: fc.constantFrom<readonly [Family, Form]>(
      ['IPv4', 'classic'],
      ['IPv4', 'multiprotocol'],
      ['IPv6', 'multiprotocol'],
    ),
    hops: fc.constantFrom<1 | 2>(1, 2),
    bits: fc.integer({ min: 12, max: 128 }),
    count: fc.integer({ min: 1, max: 3_000 }),
    communities: fc.nat(200),
    prepend: fc.nat(30),
  })
  .map(({ way: [family, form], bits, ...others }) => ({
    ...others,
    family,
    form,
    prefixBits: Math.min(bits, bitsOf[family]),
  }));

/** Which ones they are does not matter here: one, again and again. */
function prefixesOf({ family, prefixBits, count }: Case): readonly EncodedPrefix[] {
  const prefix = encodePrefix({ ip: ipFromNumber(family, 0n), prefixBits });
  return Array.from({ length: count }, () => prefix);
}

/** An attribute with its flags, type and length. */
const attributeOctets = (valueOctets: number): number => valueOctets + (valueOctets > 255 ? 4 : 3);

/** Messages and octets, where `fixed` is all of a message but its prefixes, and prefixes are in an attribute behind `inAttribute` octets of it. */
function cost(
  count: number,
  prefixOctets: number,
  fixed: number,
  inAttribute: number | undefined,
): readonly [number, number] {
  const inMessage = Math.floor((mostOctets - fixed) / prefixOctets);
  const messages = Math.ceil(count / inMessage);
  const last = count - (messages - 1) * inMessage;
  // The last one may be so short that its attribute's length takes one octet.
  const spared = inAttribute !== undefined && inAttribute + last * prefixOctets <= 255 ? 1 : 0;
  return [messages, messages * fixed + count * prefixOctets - spared];
}

function costOf(envelope: Envelope, all: readonly EncodedPrefix[]): readonly [number, number] {
  const lengths: number[] = [];
  for (let start = 0; start < all.length;) {
    const { octets, end } = pack(envelope, all, start);
    lengths.push(octets.length);
    start = end;
  }
  expect(Math.max(...lengths)).toBeLessThanOrEqual(mostOctets);
  return [lengths.length, lengths.reduce((sum, length) => sum + length, 0)];
}

test('announcements', () => {
  fc.assert(
    fc.property(anyCase, (one) => {
      const { family, form, hops, prefixBits, count, communities, prepend } = one;
      const ipv6Hops = Uint8Array.from([ipv6NextHop, ipv6NextHop].slice(0, hops).flatMap((hop) => [...hop]));
      const nextHop = form === 'classic' ? ipv4NextHop : ipv6Hops;
      const route = {
        ...plainAttributes,
        asPathPrepend: prepend,
        communities: Array.from({ length: communities }, (_, at) => at),
      };
      const attributes = advertisedAttributes(route, peer, form === 'classic' ? nextHop : undefined);
      const envelope = announcementEnvelope(family, { form, nextHop }, attributes, peer);
      const path = attributeOctets(2 + 4 * (1 + prepend));
      const others = 4 + path + (communities > 0 ? attributeOctets(4 * communities) : 0);
      const inAttribute = 5 + nextHop.length;
      const fixed = form === 'classic' ? 23 + others + 7 : 23 + others + 4 + inAttribute;
      const expected = cost(count, 1 + Math.ceil(prefixBits / 8), fixed, form === 'classic' ? undefined : inAttribute);
      expect(envelope && costOf(envelope, prefixesOf(one))).toEqual(expected);
    }),
    { numRuns: 150 },
  );
});

test('withdrawals', () => {
  fc.assert(
    fc.property(anyCase, (one) => {
      const { family, form, prefixBits, count } = one;
      const fixed = form === 'classic' ? 23 : 23 + 4 + 3;
      const expected = cost(count, 1 + Math.ceil(prefixBits / 8), fixed, form === 'classic' ? undefined : 3);
      expect(costOf(withdrawalEnvelope(family, form, peer), prefixesOf(one))).toEqual(expected);
    }),
    { numRuns: 150 },
  );
});
