import { expect, test } from 'vitest';
import type { Ip } from '#shared/net/ip.ts';
import type { Attribute } from '#speaker/bgp/attribute.ts';
import { encodeMessage, type Message, type MessageContext } from '#speaker/bgp/codec.ts';
import { describeNotification } from '#speaker/bgp/notification.ts';
import { encodeNlri, noPrefixes } from '#speaker/bgp/nlri.ts';
import { endOfRibFamily } from '#speaker/bgp/update.ts';
import { golden } from '#test/golden/golden.ts';
import { decodeWhole, external, hex, prefix } from './octets.ts';

const asn = 4_200_000_001;
const twoOctet: MessageContext = { ...external, fourOctetAs: false };
const none = new Uint8Array(0);
const kinds: readonly Attribute[] = [
  { kind: 'communities', communities: [0xfc00_0064] },
  { kind: 'extendedCommunities', communities: [0x0002_fc00_0000_0007n] },
  { kind: 'largeCommunities', communities: [{ globalAdministrator: 64_512, localData1: 100, localData2: 200 }] },
];
const ipv4 = { afi: 1, safi: 1 };
const ipv6 = { afi: 2, safi: 1 };

function update(fields: Partial<Extract<Message, { kind: 'update' }>>): Message {
  return { kind: 'update', withdrawn: noPrefixes, attributes: [], nlri: noPrefixes, ...fields };
}

/** The first ones are written as we write them; the others say in their files what they do otherwise. */
const canonical: readonly (readonly [string, Message, MessageContext])[] = [
  [
    'bird-open',
    {
      kind: 'open',
      myAs: 23_456,
      holdTimeSeconds: 240,
      bgpIdentifier: 0xc000_0201,
      capabilities: [
        { kind: 'multiprotocol', ...ipv4 },
        { kind: 'multiprotocol', ...ipv6 },
        { kind: 'routeRefresh' },
        {
          kind: 'gracefulRestart',
          restarting: false,
          notification: false,
          restartTimeSeconds: 120,
          tuples: [
            { ...ipv4, forwarding: false },
            { ...ipv6, forwarding: false },
          ],
        },
        { kind: 'fourOctetAs', asn },
        { kind: 'enhancedRouteRefresh' },
        { kind: 'longLivedGracefulRestart', tuples: [] },
      ],
    },
    external,
  ],
  ['bird-keepalive', { kind: 'keepalive' }, external],
  [
    'bird-update',
    update({
      attributes: [
        { kind: 'origin', origin: 'igp' },
        { kind: 'asPath', path: [{ type: 'sequence', asns: [asn] }] },
        { kind: 'nextHop', ip: '192.0.2.1' as Ip },
        ...kinds.slice(0, 3),
      ],
      nlri: encodeNlri([prefix('198.51.100.2/32'), prefix('198.51.100.1/32')]),
    }),
    external,
  ],
  ['bird-end-of-rib-ipv4', update({}), external],
  ['bird-end-of-rib-ipv6', update({ attributes: [{ kind: 'mpUnreach', ...ipv6, withdrawn: noPrefixes }] }), external],
  ['bird-begin-refresh', { kind: 'routeRefresh', ...ipv4, subtype: 1, filters: none }, external],
  ['bird-end-refresh', { kind: 'routeRefresh', ...ipv4, subtype: 2, filters: none }, external],
  [
    'bird-withdraw-ipv4',
    update({
      withdrawn: encodeNlri([prefix('198.51.100.2/32'), prefix('198.51.100.1/32'), prefix('203.0.113.0/24')]),
    }),
    external,
  ],
  [
    'bird-shutdown',
    {
      kind: 'notification',
      code: 6,
      subcode: 2,
      data: Uint8Array.of(22, ...new TextEncoder().encode('node drains for repair')),
    },
    external,
  ],
  [
    'rfc-update-two-octet',
    update({
      attributes: [
        { kind: 'origin', origin: 'igp' },
        { kind: 'asPath', path: [{ type: 'sequence', asns: [23_456] }] },
        { kind: 'nextHop', ip: '192.0.2.1' as Ip },
        { kind: 'as4Path', path: [{ type: 'sequence', asns: [asn] }] },
      ],
      nlri: encodeNlri([prefix('203.0.113.0/24')]),
    }),
    twoOctet,
  ],
  [
    'rfc-ipv4-over-ipv6',
    update({
      attributes: [
        {
          kind: 'mpReach',
          ...ipv4,
          nextHop: hex('20010db8000b00000000000000000001'),
          nlri: encodeNlri([prefix('203.0.113.0/24')]),
        },
        { kind: 'origin', origin: 'igp' },
        { kind: 'asPath', path: [{ type: 'sequence', asns: [64_513] }] },
      ],
    }),
    external,
  ],
  ['rfc-bad-peer-as', { kind: 'notification', code: 2, subcode: 2, data: none }, external],
];

const otherwise: readonly (readonly [string, Message, MessageContext])[] = [
  [
    'bird-update-ipv6',
    update({
      attributes: [
        {
          kind: 'mpReach',
          ...ipv6,
          nextHop: hex('20010db8000b00000000000000000001 fe800000000000005cbc4bfffe61be77'),
          nlri: encodeNlri([prefix('2001:db8:1::/48'), prefix('2001:db8:2::1/128')]),
        },
        { kind: 'origin', origin: 'igp' },
        { kind: 'asPath', path: [{ type: 'sequence', asns: [asn] }] },
      ],
    }),
    external,
  ],
  [
    'bird-withdraw-ipv6',
    update({
      attributes: [
        {
          kind: 'mpUnreach',
          ...ipv6,
          withdrawn: encodeNlri([prefix('2001:db8:1::/48'), prefix('2001:db8:2::1/128')]),
        },
      ],
    }),
    external,
  ],
  [
    'frr-update',
    update({
      attributes: [
        { kind: 'origin', origin: 'igp' },
        { kind: 'asPath', path: [{ type: 'sequence', asns: [asn, asn] }] },
        { kind: 'nextHop', ip: '192.0.2.1' as Ip },
        { kind: 'multiExitDisc', value: 50 },
        { kind: 'communities', communities: [0xfc00_0064, 0xffff_0000] },
        { kind: 'largeCommunities', communities: [{ globalAdministrator: 64_512, localData1: 100, localData2: 200 }] },
        { kind: 'extendedCommunities', communities: [0x0002_fc00_0000_0007n] },
      ],
      nlri: encodeNlri([prefix('198.51.100.1/32'), prefix('198.51.100.2/32')]),
    }),
    external,
  ],
  [
    'frr-open',
    {
      kind: 'open',
      myAs: 23_456,
      holdTimeSeconds: 180,
      bgpIdentifier: 0xc000_0201,
      capabilities: [
        { kind: 'multiprotocol', ...ipv4 },
        { kind: 'unknown', code: 128, value: none },
        { kind: 'routeRefresh' },
        { kind: 'enhancedRouteRefresh' },
        { kind: 'fourOctetAs', asn },
        { kind: 'extendedMessage' },
        { kind: 'addPath', tuples: [{ ...ipv4, mode: 1 }] },
        { kind: 'fqdn', hostName: 'vm', domainName: '' },
        {
          kind: 'gracefulRestart',
          restarting: true,
          notification: true,
          restartTimeSeconds: 120,
          tuples: [{ ...ipv4, forwarding: false }],
        },
        {
          kind: 'longLivedGracefulRestart',
          tuples: [{ ...ipv4, forwarding: true, staleTimeSeconds: 0 }],
        },
      ],
    },
    external,
  ],
  [
    'rfc-open-long-parameters',
    {
      kind: 'open',
      myAs: 64_513,
      holdTimeSeconds: 90,
      bgpIdentifier: 0xc000_020b,
      capabilities: [
        { kind: 'multiprotocol', ...ipv4 },
        { kind: 'fourOctetAs', asn: 64_513 },
      ],
    },
    external,
  ],
];

function meaning(octets: Uint8Array, context: MessageContext): Message {
  const received = decodeWhole(octets, context);
  if (received.kind !== 'update') return received;
  expect(received.outcome.errors).toEqual([]);
  return received.outcome.message;
}

test.each(canonical)('%s is decoded, and encoded to the same octets', (name, message, context) => {
  expect(meaning(golden(`bgp/${name}`), context)).toEqual(message);
  expect(encodeMessage(message, context)).toEqual(golden(`bgp/${name}`));
});

test.each(otherwise)('%s is decoded, and means the same when we write it', (name, message, context) => {
  expect(meaning(golden(`bgp/${name}`), context)).toEqual(message);
  expect(meaning(encodeMessage(message, context), context)).toEqual(message);
});

test.each([
  ['bird-end-of-rib-ipv4', ipv4],
  ['bird-end-of-rib-ipv6', ipv6],
  ['bird-update', undefined],
  ['bird-withdraw-ipv4', undefined],
  ['bird-withdraw-ipv6', undefined],
])('E5: %s ends a family: %o', (name, family) => {
  const received = decodeWhole(golden(`bgp/${name}`));
  expect(received.kind === 'update' && endOfRibFamily(received.outcome.message)).toEqual(family);
});

test('E5: End-of-RIB with an extended length ends a family as well', () => {
  const received = decodeWhole(hex(`${'ff'.repeat(16)} 001e 02 0000 0007 900f0003 0002 01`));
  expect(received.kind === 'update' && endOfRibFamily(received.outcome.message)).toEqual(ipv6);
});

test('the text of a shutdown is shown', () => {
  const received = decodeWhole(golden('bgp/bird-shutdown'));
  expect(received.kind === 'notification' && describeNotification(received)).toBe(
    'Cease/Administrative Shutdown "node drains for repair"',
  );
});
