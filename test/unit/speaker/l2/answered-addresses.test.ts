import { expect, test } from 'vitest';
import { ipToNumber, type Ip } from '#shared/net/ip.ts';
import { answeredOn, type OwnedAddress } from '#speaker/l2/answered-addresses.ts';
import { chooseInterfaces } from '#speaker/l2/suitable-interfaces.ts';
import { address, ethernet, network } from '#test/simulation/node/host-network.ts';

function answered(
  owned: Partial<Pick<OwnedAddress, 'ip' | 'interfaces'>>,
  onLink = '192.0.2.1',
  prefixBits = 24,
): boolean {
  const { suitable } = chooseInterfaces(network([ethernet(2, 'eth0')], [address(2, onLink, prefixBits)]), []);
  const described = { ip: '192.0.2.100' as Ip, interfaces: 'any' as const, ...owned };
  const numbered = { ...described, value: ipToNumber(described.ip) };
  return suitable.some((on) => answeredOn([numbered], on).length > 0);
}

test.each<[string, boolean, Partial<Pick<OwnedAddress, 'ip' | 'interfaces'>>]>([
  ['an owned address of the prefix', true, {}],
  ['an address outside of the prefix', false, { ip: '192.0.3.100' as Ip }],
  ['an address outside of the prefix on a named interface', true, { ip: '192.0.3.100' as Ip, interfaces: ['eth0'] }],
  ['an address of the prefix where another interface is named', false, { interfaces: ['eth1'] }],
  ['an address where one of several names fits', true, { interfaces: ['eth1', 'eth0'] }],
  ['an IPv6 address where there is no link-local one', false, { ip: '2001:db8::1' as Ip, interfaces: ['eth0'] }],
])('%s is answered: %s', (_, expected, owned) => {
  expect(answered(owned)).toBe(expected);
});

test('an address of its own with a full-length prefix makes nothing on-link', () => {
  expect(answered({}, '192.0.2.100', 32)).toBe(false);
});

test.each<[string, boolean, Partial<Pick<OwnedAddress, 'ip' | 'interfaces'>>]>([
  ['an IPv6 address of the prefix', true, { ip: '2001:db8::100' as Ip }],
  ['an IPv6 address outside of the prefix', false, { ip: '2001:db8:1::100' as Ip }],
  [
    'an IPv6 address outside of the prefix on a named interface',
    true,
    { ip: '2001:db8:1::1' as Ip, interfaces: ['eth0'] },
  ],
  ['an IPv4 address that has the number of one of the prefix', false, { ip: '192.0.2.100' as Ip }],
])('with IPv6: %s is answered: %s', (_, expected, { ip = '::' as Ip, interfaces = 'any' }) => {
  const addresses = [address(2, 'fe80::1', 64), address(2, '2001:db8::1', 64), address(2, '::c000:201', 120)];
  const { suitable } = chooseInterfaces(network([ethernet(2, 'eth0')], addresses), []);
  const owned = { ip, interfaces, value: ipToNumber(ip) };
  expect(suitable.map((on) => answeredOn([owned], on))).toEqual([expected ? [owned] : []]);
});
