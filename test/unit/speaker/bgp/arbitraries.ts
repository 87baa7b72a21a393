// Any message that there can be, for properties.
import * as fc from 'fast-check';
import { ipFromBytes, type Family } from '#shared/net/ip.ts';
import type { AttributeContext } from '#speaker/bgp/attribute-table.ts';
import type { Attribute } from '#speaker/bgp/attribute.ts';
import type { Capability } from '#speaker/bgp/capability.ts';
import type { Message } from '#speaker/bgp/codec.ts';
import { encodeNlri, encodePrefix, type EncodedPrefix, type Nlri } from '#speaker/bgp/nlri.ts';
import { attributeCodecs } from '#speaker/bgp/attribute-table.ts';

const u8 = fc.nat(0xff);
const u16 = fc.nat(0xffff);
const u32 = fc.nat(0xffff_ffff);
const flag = fc.boolean();
const octets = (least: number, most = least): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: least, maxLength: most });
const ipv4 = octets(4).map(ipFromBytes);

export function prefixOf(family: Family): fc.Arbitrary<EncodedPrefix> {
  const bytes = family === 'IPv4' ? 4 : 16;
  return fc
    .tuple(octets(bytes), fc.nat(bytes * 8))
    .map(([address, prefixBits]) => encodePrefix({ ip: ipFromBytes(address), prefixBits }));
}

function nlriOf(family: Family, least = 0): fc.Arbitrary<Nlri> {
  return fc.array(prefixOf(family), { minLength: least, maxLength: 20 }).map(encodeNlri);
}

const knownCodes = new Set([1, 2, 5, 6, 9, 64, 65, 69, 70, 71, 73, 75, 77]);
const name = fc.stringMatching(/^[a-z0-9.-]{0,64}$/);

export const capability: fc.Arbitrary<Capability> = fc.oneof(
  fc.record({ kind: fc.constant('multiprotocol' as const), afi: u16, safi: u8 }),
  fc.constantFrom<Capability>(
    { kind: 'routeRefresh' },
    { kind: 'extendedMessage' },
    { kind: 'enhancedRouteRefresh' },
    { kind: 'linkLocalNextHop' },
  ),
  fc.record({
    kind: fc.constant('extendedNextHop' as const),
    tuples: fc.array(fc.record({ afi: u16, safi: u16, nextHopAfi: u16 }), { maxLength: 5 }),
  }),
  fc.record({ kind: fc.constant('role' as const), role: u8 }),
  fc.record({
    kind: fc.constant('gracefulRestart' as const),
    restarting: flag,
    notification: flag,
    restartTimeSeconds: fc.nat(0xfff),
    tuples: fc.array(fc.record({ afi: u16, safi: u8, forwarding: flag }), { maxLength: 5 }),
  }),
  fc.record({ kind: fc.constant('fourOctetAs' as const), asn: u32 }),
  fc.record({
    kind: fc.constant('addPath' as const),
    tuples: fc.array(fc.record({ afi: u16, safi: u8, mode: u8 }), { maxLength: 5 }),
  }),
  fc.record({
    kind: fc.constant('longLivedGracefulRestart' as const),
    tuples: fc.array(fc.record({ afi: u16, safi: u8, forwarding: flag, staleTimeSeconds: fc.nat(0xff_ffff) }), {
      maxLength: 5,
    }),
  }),
  fc.record({ kind: fc.constant('fqdn' as const), hostName: name, domainName: name }),
  fc.record({ kind: fc.constant('softwareVersion' as const), version: name }),
  fc.record({
    kind: fc.constant('unknown' as const),
    code: u8.filter((code) => !knownCodes.has(code)),
    value: octets(0, 40),
  }),
);

function pathOf(asn: fc.Arbitrary<number>) {
  const type = fc.constantFrom('set', 'sequence');
  return fc.array(fc.record({ type, asns: fc.array(asn, { minLength: 1, maxLength: 6 }) }), { maxLength: 3 });
}

const known = new Set(Object.values(attributeCodecs).map(({ code }) => code));

const list = <Value>(item: fc.Arbitrary<Value>) => fc.array(item, { minLength: 1, maxLength: 80 });

/** Of each kind at most one, MP_REACH_NLRI and MP_UNREACH_NLRI among them, as far as the context has a place for them. */
export function attributesFor({ fourOctetAs, internal }: AttributeContext): fc.Arbitrary<readonly Attribute[]> {
  const asn = fourOctetAs ? fc.integer({ min: 1, max: 0xffff_ffff }) : fc.integer({ min: 1, max: 0xffff });
  const asn32 = fc.integer({ min: 1, max: 0xffff_ffff });
  const mandatory: readonly fc.Arbitrary<Attribute>[] = [
    fc.record({ kind: fc.constant('origin'), origin: fc.constantFrom('igp', 'egp', 'incomplete') }),
    fc.record({ kind: fc.constant('asPath'), path: pathOf(asn) }),
    fc.record({ kind: fc.constant('nextHop'), ip: ipv4 }),
  ];
  const optional: readonly fc.Arbitrary<Attribute>[] = [
    fc.record({ kind: fc.constant('multiExitDisc'), value: u32 }),
    ...(internal
      ? [
          fc.record({ kind: fc.constant('localPref' as const), value: u32 }),
          fc.record({ kind: fc.constant('originatorId' as const), bgpIdentifier: u32 }),
          fc.record({ kind: fc.constant('clusterList' as const), clusterIds: list(u32) }),
        ]
      : []),
    fc.constant({ kind: 'atomicAggregate' }),
    fc.record({ kind: fc.constant('aggregator'), asn, ip: ipv4 }),
    fc.record({ kind: fc.constant('communities'), communities: list(u32) }),
    fc.record({
      kind: fc.constant('mpReach'),
      afi: fc.constant(2),
      safi: fc.constant(1),
      nextHop: octets(16),
      nlri: nlriOf('IPv6', 1),
    }),
    fc.record({ kind: fc.constant('mpUnreach'), afi: fc.constant(2), safi: fc.constant(1), withdrawn: nlriOf('IPv6') }),
    fc.record({
      kind: fc.constant('extendedCommunities'),
      communities: list(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
    }),
    ...(fourOctetAs
      ? []
      : [
          fc.record({ kind: fc.constant('as4Path' as const), path: pathOf(asn32) }),
          fc.record({ kind: fc.constant('as4Aggregator' as const), asn: asn32, ip: ipv4 }),
        ]),
    fc.record({ kind: fc.constant('ipv6ExtendedCommunities'), communities: list(octets(20)) }),
    fc.record({ kind: fc.constant('aigp'), tlvs: octets(8).map((metric) => Uint8Array.of(1, 0, 11, ...metric)) }),
    fc.record({
      kind: fc.constant('largeCommunities'),
      communities: list(fc.record({ globalAdministrator: u32, localData1: u32, localData2: u32 })),
    }),
    fc.record({ kind: fc.constant('onlyToCustomer'), asn: u32 }),
    fc.record({
      kind: fc.constant('unknown'),
      flags: fc.constantFrom(0x80, 0xc0, 0xe0),
      code: u8.filter((code) => !known.has(code)),
      value: octets(0, 300),
    }),
  ];
  const some = optional.map((one) => fc.option(one, { nil: undefined, freq: 1 }));
  return fc
    .tuple(fc.tuple(...mandatory), fc.tuple(...some))
    .map(([always, sometimes]) => [...always, ...sometimes.filter((one) => one !== undefined)]);
}

/** Fit for a session where everything was negotiated. */
export function messageFor(context: AttributeContext): fc.Arbitrary<Message> {
  return fc.oneof(
    fc.record({
      kind: fc.constant('open' as const),
      myAs: u16,
      holdTimeSeconds: u16,
      bgpIdentifier: u32,
      capabilities: fc.array(capability, { maxLength: 12 }),
    }),
    fc.record({
      kind: fc.constant('update' as const),
      withdrawn: nlriOf('IPv4'),
      attributes: attributesFor(context),
      nlri: nlriOf('IPv4', 1),
    }),
    fc.record({ kind: fc.constant('notification' as const), code: u8, subcode: u8, data: octets(0, 60) }),
    fc.constant({ kind: 'keepalive' } as const),
    fc.record({
      kind: fc.constant('routeRefresh' as const),
      afi: u16,
      safi: u8,
      subtype: fc.constantFrom(0, 1, 2, 3, 255),
      filters: fc.constant(new Uint8Array(0)),
    }),
  );
}
