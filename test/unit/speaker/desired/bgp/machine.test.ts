import { expect, test } from 'vitest';
import type { HostNetworkState, InterfaceAddress, Link } from '#speaker/l2/host-network.ts';
import { bgpMachine, interfaceAddresses } from '#speaker/desired/bgp/machine.ts';
import { ip } from '../../views.ts';

function link(index: number, name: string, kind?: string): Link {
  const states = { ethernet: true, loopback: false, noArp: false, up: true, lowerUp: true, mtu: 1500 };
  return { index, name, mac: undefined, kind, master: undefined, ...states };
}

function address(interfaceIndex: number, text: string, flags: Partial<InterfaceAddress> = {}): InterfaceAddress {
  const [address_ = '', bits] = text.split('/');
  const none = { temporary: false, deprecated: false, tentative: false, duplicate: false };
  return { interfaceIndex, ip: ip(address_), prefixBits: Number(bits), ...none, ...flags };
}

const network: HostNetworkState = {
  links: new Map([link(2, 'eth0'), link(3, 'eth1'), link(4, 'red', 'vrf')].map((one) => [one.index, one])),
  addresses: [
    address(2, '192.0.2.11/24'),
    address(2, '2001:db8:b::12/64'),
    address(2, '2001:db8:b::11/64'),
    address(2, '2001:db8:b::9/64', { deprecated: true }),
    address(2, '2001:db8:b::8/64', { temporary: true }),
    address(2, '2001:db8:b::7/64', { tentative: true }),
    address(2, '2001:db8:b::6/64', { duplicate: true }),
    address(2, 'fe80::1/64'),
    address(3, '198.51.100.1/32'),
    address(3, 'fe80::1/64'),
    address(3, '2001:db8:c::1/64'),
  ],
  gateways: [],
};

test('peers are judged by all addresses, networks and VRFs of the machine', () => {
  const routersOf = new Map([['eth0', ip('fe80::2')]]);
  const machine = bgpMachine(network, routersOf);
  expect(machine.addresses.has(ip('198.51.100.1'))).toBe(true);
  expect(machine.vrfs).toEqual(new Set(['red']));
  expect(machine.routersOf).toBe(routersOf);
  const near = ['192.0.2.1', '192.0.2.255', '2001:db8:c::ffff', 'fe80::9'];
  const far = ['192.0.3.1', '198.51.100.1', '198.51.100.2', '2001:db8:d::1'];
  expect([...near, ...far].filter((one) => machine.isOnLink(ip(one)))).toEqual(near);
});

test.each([
  ['the lowest that stays', '192.0.2.11', undefined, '2001:db8:b::11'],
  ['that of its own interface', '198.51.100.1', undefined, '2001:db8:c::1'],
  ['that of the interface named, where several have the address', 'fe80::1', 'eth1', '2001:db8:c::1'],
  ['that of the first without a name', 'fe80::1', undefined, '2001:db8:b::11'],
  ['none of an address that is not there', '203.0.113.1', undefined, undefined],
])('the global IPv6 address beside a local one is %s', (_, local, device, expected) => {
  expect(interfaceAddresses(network, ip(local), device)).toEqual({ globalIPv6: expected });
});
