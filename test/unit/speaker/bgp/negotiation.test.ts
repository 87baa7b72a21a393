import { describe, expect, test } from 'vitest';
import { capabilityCode, encodeCapability, type Capability } from '#speaker/bgp/capability.ts';
import { freshMemory, negotiate, ownOpen, type Negotiated } from '#speaker/bgp/negotiation.ts';
import { encodeOpenBody, type OpenMessage } from '#speaker/bgp/open.ts';
import type { PeerConfig } from '#speaker/bgp/peer-config.ts';
import { toHex } from './octets.ts';
import { config, routerOpen } from './peer-play.ts';
import { refusalOf, type Refusal } from './refused.ts';

const both: PeerConfig = { ...config, families: ['IPv4', 'IPv6'] };
const ipv4: Capability = { kind: 'multiprotocol', afi: 1, safi: 1 };
const ipv6: Capability = { kind: 'multiprotocol', afi: 2, safi: 1 };
const vpn: Capability = { kind: 'multiprotocol', afi: 1, safi: 128 };

function agreed(received: OpenMessage, settings: PeerConfig = config): Negotiated {
  return negotiate(settings, ownOpen(settings, freshMemory), received);
}

function refused(received: OpenMessage, settings: PeerConfig = config): Refusal | undefined {
  return refusalOf(() => agreed(received, settings));
}

function offering(...capabilities: readonly Capability[]): OpenMessage {
  return routerOpen({ capabilities: [...capabilities, { kind: 'fourOctetAs', asn: 64_512 }] });
}

describe('what we offer', () => {
  test('§4.3: all that there is, in ascending order, in one parameter', () => {
    const settings: PeerConfig = { ...both, extendedNextHop: true, sendRole: true, linkLocalNextHop: true };
    const open = ownOpen(settings, freshMemory);
    expect(open.capabilities.map(capabilityCode)).toEqual([1, 1, 2, 5, 6, 9, 64, 65, 70, 73, 75, 77]);
    expect(toHex(encodeOpenBody(open))).toBe(
      [
        '04 fc01 0009 c000020b 4a 02 48',
        '01040001 0001 01040002 0001 0200 0506000100010002 0600 090103',
        '400a 801e 00010180 00020180 41040000fc01 4600',
        '4907 056e6f646531 00 4b0c 0b 496e676f742f302e312e30 4d00',
      ]
        .join('')
        .replaceAll(' ', ''),
    );
  });

  test('§9: without graceful restart only that the end of the table is told', () => {
    const { capabilities } = ownOpen({ ...both, gracefulRestart: false }, freshMemory);
    expect(
      capabilities.filter(({ kind }) => kind === 'gracefulRestart').map((one) => toHex(encodeCapability(one))),
    ).toEqual(['40020000']);
  });

  test.each([
    [65_535, 65_535],
    [65_536, 23_456],
    [4_200_000_001, 23_456],
  ])('C3: AS %i is My AS %i', (localAsn, myAs) => {
    const open = ownOpen({ ...config, localAsn }, freshMemory);
    expect(open.myAs).toBe(myAs);
    expect(open.capabilities).toContainEqual({ kind: 'fourOctetAs', asn: localAsn });
  });
});

describe('F12: what is refused', () => {
  const asOf = (asn: number): OpenMessage => routerOpen({ capabilities: [ipv4, { kind: 'fourOctetAs', asn }] });

  test.each([
    ['another AS', asOf(64_999), {}, '2/2'],
    ['AS 0', asOf(0), { peerAsn: 'external' }, '2/2'],
    [
      'AS 0 in the fixed field',
      routerOpen({ myAs: 0, capabilities: [ipv4, { kind: 'fourOctetAs', asn: 64_512 }] }),
      {},
      '2/2',
    ],
    ['AS_TRANS as the true AS', asOf(23_456), { peerAsn: 'external' }, '2/2'],
    ['AS_TRANS without a capability', routerOpen({ myAs: 23_456, capabilities: [] }), { peerAsn: 'external' }, '2/2'],
    ['our own AS where another is expected', asOf(64_513), { peerAsn: 'external' }, '2/2'],
    ['another AS where our own is expected', asOf(64_512), { peerAsn: 'internal' }, '2/2'],
    ['identifier 0', routerOpen({ bgpIdentifier: 0 }), {}, '2/3'],
    [
      'our identifier from our AS',
      { ...asOf(64_513), bgpIdentifier: config.bgpIdentifier },
      { peerAsn: 'internal' },
      '2/3',
    ],
    ['a hold time of 1 s', routerOpen({ holdTimeSeconds: 1 }), {}, '2/6'],
    ['a hold time of 2 s', routerOpen({ holdTimeSeconds: 2 }), {}, '2/6'],
    ['C14: two roles', offering(ipv4, { kind: 'role', role: 0 }, { kind: 'role', role: 4 }), {}, '2/11'],
    ['C14: a customer as ours', offering(ipv4, { kind: 'role', role: 3 }), { sendRole: true }, '2/11'],
  ] as const)('%s', (_, open, change, answer) => {
    expect(refused(open, { ...config, ...change })).toEqual({ answer, data: '', consequence: 'sessionReset' });
  });

  test('C4: no family in common is answered with ours', () => {
    expect(refused(offering(ipv6))).toEqual({ answer: '2/7', data: '010400010001', consequence: 'sessionReset' });
    expect(refused(offering(vpn), both)?.data).toBe('010400010001010400020001');
  });

  test.each([
    ['our identifier from another AS', routerOpen({ bgpIdentifier: config.bgpIdentifier }), {}],
    ['any other AS', asOf(64_999), { peerAsn: 'external' }],
    ['our own AS', asOf(64_513), { peerAsn: 'internal' }],
    ['the least hold time', routerOpen({ holdTimeSeconds: 3 }), {}],
    ['the same role twice', offering(ipv4, { kind: 'role', role: 0 }, { kind: 'role', role: 0 }), { sendRole: true }],
    ['no role', routerOpen(), { sendRole: true }],
    ['a role while we send none', offering(ipv4, { kind: 'role', role: 3 }), {}],
  ] as const)('not %s', (_, open, change) => {
    expect(refused(open, { ...config, ...change })).toBeUndefined();
  });
});

const restartOf = (restartTimeSeconds: number): Capability => ({
  kind: 'gracefulRestart',
  restarting: false,
  notification: true,
  restartTimeSeconds,
  tuples: [],
});

describe('what is agreed', () => {
  test.each([
    ['both', [ipv4, ipv6], ['IPv4', 'IPv6']],
    ['whatever the order', [ipv6, ipv4], ['IPv4', 'IPv6']],
    ['one', [ipv6, vpn], ['IPv6']],
    ['C4: none named is IPv4', [], ['IPv4']],
  ])('families: %s', (_, capabilities, families) => {
    expect(agreed(offering(...(capabilities as Capability[])), both).families).toEqual(families);
  });

  const reach: Capability = { kind: 'extendedNextHop', tuples: [{ afi: 1, safi: 1, nextHopAfi: 2 }] };
  const otherReach: Capability = { kind: 'extendedNextHop', tuples: [{ afi: 1, safi: 128, nextHopAfi: 2 }] };

  test.each([
    ['both', true, [ipv4, reach], true],
    ['only they', false, [ipv4, reach], false],
    ['only we', true, [ipv4], false],
    ['for another family', true, [ipv4, otherReach], false],
  ])('C5: IPv6 next hops for IPv4: %s', (_, extendedNextHop, capabilities, expected) => {
    expect(agreed(offering(...capabilities), { ...config, extendedNextHop }).extendedNextHop).toBe(expected);
  });

  test('what both must offer counts only if both do', () => {
    const rich = agreed(offering(ipv4, { kind: 'extendedMessage' }, { kind: 'enhancedRouteRefresh' }));
    expect(rich).toMatchObject({ extendedMessage: true, enhancedRouteRefresh: true, fourOctetAs: true });
    const poor = agreed(routerOpen({ capabilities: [] }));
    expect(poor).toMatchObject({ extendedMessage: false, enhancedRouteRefresh: false, fourOctetAs: false });
  });

  test('C1: of repeated graceful restarts the last counts', () => {
    const { gracefulRestart } = agreed(offering(ipv4, restartOf(1), restartOf(2)));
    expect(gracefulRestart?.restartTimeSeconds).toBe(2);
  });
});
