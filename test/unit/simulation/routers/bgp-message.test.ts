// The played router's own BGP against the product's: two readings of the RFCs.
import { expect, test } from 'vitest';
import type { Ip } from '#shared/net/ip.ts';
import { encodeMessage } from '#speaker/bgp/codec.ts';
import { findCapability } from '#speaker/bgp/capability.ts';
import { encodeNlri } from '#speaker/bgp/nlri.ts';
import { notificationMessage, openMessage, readMessage, routerId } from '#test/simulation/routers/bgp-message.ts';
import { endOfRib } from '#speaker/bgp/update.ts';
import { decodeWhole, external, prefix } from '#test/unit/speaker/bgp/octets.ts';

const restart = { restarting: true, restartSeconds: 30, families: new Map([['IPv4', true] as const]) };

test('the product reads the OPEN of the router', () => {
  const octets = openMessage({
    kind: 'open',
    asn: 4_200_000_001,
    holdSeconds: 90,
    id: routerId('192.0.2.1' as Ip),
    families: ['IPv4', 'IPv6'],
    gracefulRestart: restart,
  });
  const read = decodeWhole(octets);
  expect(read).toMatchObject({ kind: 'open', myAs: 23_456, holdTimeSeconds: 90, bgpIdentifier: 0xc000_0201 });
  const capabilities = read.kind === 'open' ? read.capabilities : [];
  expect(findCapability(capabilities, 'fourOctetAs')?.asn).toBe(4_200_000_001);
  expect(findCapability(capabilities, 'gracefulRestart')).toMatchObject({ restarting: true, restartTimeSeconds: 30 });
  expect(capabilities.filter(({ kind }) => kind === 'multiprotocol')).toHaveLength(2);
  expect(readMessage(octets)).toMatchObject({ asn: 4_200_000_001, gracefulRestart: restart });
});

test('the product reads the NOTIFICATION of the router', () => {
  expect(decodeWhole(notificationMessage(6, 4))).toMatchObject({ kind: 'notification', code: 6, subcode: 4 });
});

test('the router reads what the product tells', () => {
  const nextHop = '192.0.2.11' as Ip;
  const attributes = [
    { kind: 'origin', origin: 'igp' },
    { kind: 'asPath', path: [{ type: 'sequence', asns: [64_512] }] },
    { kind: 'nextHop', ip: nextHop },
  ] as const;
  const nlri = encodeNlri([prefix('198.51.100.1/32'), prefix('203.0.113.0/24')]);
  const withdrawn = encodeNlri([prefix('198.51.100.9/32')]);
  const read = readMessage(encodeMessage({ kind: 'update', withdrawn, attributes, nlri }, external));
  expect(read).toEqual({
    kind: 'update',
    withdrawn: ['198.51.100.9/32'],
    announced: [{ prefixes: ['198.51.100.1/32', '203.0.113.0/24'], nextHop, communities: [] }],
    endOfRib: undefined,
  });
});

test.each(['IPv4', 'IPv6'] as const)('the router reads End-of-RIB of %s', (family) => {
  expect(readMessage(encodeMessage(endOfRib(family), external))).toMatchObject({ announced: [], endOfRib: family });
});
