// Each attribute and each capability by itself, in octets computed by hand from the diagrams of their RFCs: read, and written, as they stand there.
import { describe, expect, test } from 'vitest';
import type { Ip } from '#shared/net/ip.ts';
import { attributeCodecs } from '#speaker/bgp/attribute-table.ts';
import { decodeAttributes, encodeAttributes, type Attribute } from '#speaker/bgp/attribute.ts';
import { encodeCapability, readCapabilities, type Capability } from '#speaker/bgp/capability.ts';
import { ByteReader } from '#shared/net/byte-reader.ts';
import { refusalOf } from './refused.ts';
import { external, hex, internal, prefix, toHex } from './octets.ts';
import { encodeNlri } from '#speaker/bgp/nlri.ts';

const asn = 4_200_000_001;
const ip = '192.0.2.1' as Ip;
const twoOctet = { ...external, fourOctetAs: false };
const ipv6 = { afi: 2, safi: 1 };
const tooMany = Array.from({ length: 64 }, (_, at) => 0xfc01_0000 + at);

describe('attributes', () => {
  const rows: readonly (readonly [Attribute, octets: string, context?: typeof external])[] = [
    [{ kind: 'origin', origin: 'incomplete' }, '40 01 01 02'],
    [{ kind: 'asPath', path: [] }, '40 02 00', internal],
    [{ kind: 'asPath', path: [{ type: 'sequence', asns: [asn, 64_513] }] }, '40 02 0a 02 02 fa56ea01 0000fc01'],
    [{ kind: 'asPath', path: [{ type: 'set', asns: [23_456] }] }, '40 02 04 01 01 5ba0', twoOctet],
    [{ kind: 'nextHop', ip }, '40 03 04 c0000201'],
    [{ kind: 'multiExitDisc', value: 7 }, '80 04 04 00000007'],
    [{ kind: 'localPref', value: 100 }, '40 05 04 00000064', internal],
    [{ kind: 'atomicAggregate' }, '40 06 00'],
    [{ kind: 'aggregator', asn, ip }, 'c0 07 08 fa56ea01 c0000201'],
    [{ kind: 'aggregator', asn: 64_513, ip }, 'c0 07 06 fc01 c0000201', twoOctet],
    [{ kind: 'communities', communities: [0xfc01_0064, 0xffff_0000] }, 'c0 08 08 fc010064 ffff0000'],
    [{ kind: 'communities', communities: tooMany }, `d0 08 0100 ${tooMany.map((one) => one.toString(16)).join('')}`],
    [{ kind: 'originatorId', bgpIdentifier: 0xc000_0201 }, '80 09 04 c0000201', internal],
    [{ kind: 'clusterList', clusterIds: [1, 2] }, '80 0a 08 00000001 00000002', internal],
    [
      {
        kind: 'mpReach',
        ...ipv6,
        nextHop: hex('20010db8000b00000000000000000001 fe800000000000000000000000000001'),
        nlri: encodeNlri([prefix('2001:db8:1::/48')]),
      },
      '80 0e 2c 0002 01 20 20010db8000b00000000000000000001 fe800000000000000000000000000001 00 30 20010db80001',
    ],
    [
      { kind: 'mpUnreach', ...ipv6, withdrawn: encodeNlri([prefix('2001:db8:1::/48')]) },
      '80 0f 0a 0002 01 30 20010db80001',
    ],
    [{ kind: 'extendedCommunities', communities: [0x4004_fc01_4cee_6b28n] }, 'c0 10 08 4004 fc01 4cee6b28'],
    [{ kind: 'as4Path', path: [{ type: 'sequence', asns: [asn] }] }, 'c0 11 06 02 01 fa56ea01', twoOctet],
    [{ kind: 'as4Aggregator', asn, ip }, 'c0 12 08 fa56ea01 c0000201', twoOctet],
    [
      { kind: 'ipv6ExtendedCommunities', communities: [hex('0002 20010db8000000000000000000000001 0064')] },
      'c0 19 14 0002 20010db8000000000000000000000001 0064',
    ],
    [{ kind: 'aigp', tlvs: hex('01 000b 0000000000000064') }, '80 1a 0b 01 000b 0000000000000064'],
    [
      { kind: 'largeCommunities', communities: [{ globalAdministrator: asn, localData1: 1, localData2: 2 }] },
      'c0 20 0c fa56ea01 00000001 00000002',
    ],
    [{ kind: 'onlyToCustomer', asn: 64_513 }, 'c0 23 04 0000fc01'],
    [{ kind: 'unknown', flags: 0xe0, code: 240, value: hex('0102') }, 'e0 f0 02 0102'],
  ];

  const table = rows.map(([attribute, octets, context = external]) => ({ attribute, octets, context }));

  test.each(table)('$attribute.kind: $octets', ({ attribute, octets, context }) => {
    expect(decodeAttributes(hex(octets), context)).toEqual({ attributes: [attribute], errors: [] });
    expect(toHex(encodeAttributes([attribute], context))).toBe(toHex(hex(octets)));
  });

  test('are all there', () => {
    const kinds = new Set(table.map(({ attribute }) => attribute.kind));
    expect([...kinds].toSorted()).toEqual([...Object.keys(attributeCodecs), 'unknown'].toSorted());
  });

  test.each(table)(
    '$attribute.kind: $octets is read, or refused, at any length and with any bit changed',
    ({ octets, context }) => {
      const whole = hex(octets);
      const damaged = [...whole.keys()].flatMap((at) => [
        whole.slice(0, at),
        ...[1, 2, 4, 8, 16, 32, 64, 128].map((bit) =>
          whole.map((octet, index) => (index === at ? octet ^ bit : octet)),
        ),
      ]);
      const refusals = damaged.map((one) => refusalOf(() => decodeAttributes(one, context)));
      expect(refusals.every((refusal) => refusal === undefined || refusal.answer.startsWith('3/'))).toBe(true);
    },
  );
});

describe('capabilities', () => {
  const table: readonly (readonly [Capability, octets: string])[] = [
    [{ kind: 'multiprotocol', ...ipv6 }, '01 04 0002 00 01'],
    [{ kind: 'routeRefresh' }, '02 00'],
    [{ kind: 'extendedNextHop', tuples: [{ afi: 1, safi: 1, nextHopAfi: 2 }] }, '05 06 0001 0001 0002'],
    [{ kind: 'extendedMessage' }, '06 00'],
    [{ kind: 'role', role: 3 }, '09 01 03'],
    [
      {
        kind: 'gracefulRestart',
        restarting: true,
        notification: true,
        restartTimeSeconds: 30,
        tuples: [{ afi: 1, safi: 1, forwarding: true }],
      },
      '40 06 c01e 0001 01 80',
    ],
    [{ kind: 'fourOctetAs', asn }, '41 04 fa56ea01'],
    [{ kind: 'addPath', tuples: [{ ...ipv6, mode: 3 }] }, '45 04 0002 01 03'],
    [{ kind: 'enhancedRouteRefresh' }, '46 00'],
    [
      { kind: 'longLivedGracefulRestart', tuples: [{ ...ipv6, forwarding: true, staleTimeSeconds: 0x01_5180 }] },
      '47 07 0002 01 80 015180',
    ],
    [{ kind: 'fqdn', hostName: 'node', domainName: 'lan' }, '49 09 04 6e6f6465 03 6c616e'],
    [{ kind: 'softwareVersion', version: 'Ingot' }, '4b 06 05 496e676f74'],
    [{ kind: 'linkLocalNextHop' }, '4d 00'],
    [{ kind: 'unknown', code: 128, value: hex('') }, '80 00'],
  ];

  test.each(table)('%o', (capability, octets) => {
    expect(readCapabilities(new ByteReader(hex(octets)))).toEqual([capability]);
    expect(toHex(encodeCapability(capability))).toBe(toHex(hex(octets)));
  });
});
