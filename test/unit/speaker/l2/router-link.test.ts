import { expect, test } from 'vitest';
import type { Ip } from '#shared/net/ip.ts';
import type { HostNetworkState, InterfaceAddress, Link } from '#speaker/l2/host-network.ts';
import { routerLink } from '#speaker/l2/router-link.ts';
import { address, ethernet, network } from '#test/simulation/node/host-network.ts';

const linkLocal = (fields: Partial<InterfaceAddress> = {}, ip = 'fe80::2'): InterfaceAddress => ({
  ...address(2, ip, 64),
  ...fields,
});

function machine(fields: Partial<Link>, addresses: readonly InterfaceAddress[], ...more: Link[]): HostNetworkState {
  return network([ethernet(2, 'eth0', fields), ...more], addresses);
}

test.each<[string, HostNetworkState, string]>([
  [
    'not there',
    network([ethernet(2, 'eth7')], [linkLocal()]),
    'there is no interface eth0: correct spec.interface of the BGPPeer, or select other nodes',
  ],
  ['down', machine({ up: false }, [linkLocal()]), 'eth0 is down: switch it on (ip link set eth0 up)'],
  [
    'without carrier',
    machine({ lowerUp: false }, [linkLocal()]),
    'eth0 has no carrier: check the cable and the port of the router',
  ],
  [
    'a port of a bridge',
    machine({ master: 5 }, [linkLocal()], ethernet(5, 'br0', { kind: 'bridge' })),
    'eth0 is a port of br0: give that one as spec.interface of the BGPPeer',
  ],
  [
    'a tunnel',
    machine({ ethernet: false, mac: undefined }, [linkLocal()]),
    'eth0 is no Ethernet interface: an unnumbered BGPPeer needs one, or give a peerAddress instead',
  ],
  [
    'without IPv6',
    machine({}, [address(2, '192.0.2.1', 24), address(3, 'fe80::3', 64)]),
    'eth0 has no IPv6 link-local address: switch IPv6 on there (sysctl net.ipv6.conf.eth0.disable_ipv6=0)',
  ],
  [
    'with an address that another station has',
    machine({}, [linkLocal({ tentative: true, duplicate: true })]),
    'eth0: another station has its link-local address fe80::2: give one of them another MAC address',
  ],
])('%s: it says what to do', (_, state, problem) => {
  expect(routerLink('eth0', state, undefined)).toEqual({ kind: 'unusable', problem });
});

test('while its address is probed it is not usable, and that is no problem', () => {
  const state = machine({}, [linkLocal({ tentative: true })]);
  expect(routerLink('eth0', state, undefined)).toEqual({ kind: 'unusable', problem: undefined });
});

test('a member of a VRF is used itself', () => {
  const state = machine({ master: 5 }, [linkLocal()], ethernet(5, 'red', { kind: 'vrf' }));
  expect(routerLink('eth0', state, undefined)).toMatchObject({ kind: 'usable', index: 2 });
});

test.each<[string, readonly InterfaceAddress[], string | undefined, string]>([
  ['the only one', [linkLocal()], undefined, 'fe80::2'],
  ['the first', [linkLocal(), linkLocal({}, 'fe80::3')], undefined, 'fe80::2'],
  ['the one before', [linkLocal(), linkLocal({}, 'fe80::3')], 'fe80::3', 'fe80::3'],
  ['not the one before that is gone', [linkLocal()], 'fe80::3', 'fe80::2'],
  ['rather none that is deprecated', [linkLocal({ deprecated: true }), linkLocal({}, 'fe80::3')], undefined, 'fe80::3'],
  ['a deprecated one if there is no other', [linkLocal({ deprecated: true })], undefined, 'fe80::2'],
  ['none that is a duplicate', [linkLocal({ duplicate: true }), linkLocal({}, 'fe80::3')], undefined, 'fe80::3'],
  ['none that is not link-local', [address(2, '2001:db8::2', 64), linkLocal()], undefined, 'fe80::2'],
])('of its addresses it speaks from %s', (_, addresses, before, ip) => {
  const state = machine({}, addresses);
  expect(routerLink('eth0', state, before as Ip | undefined)).toEqual({
    kind: 'usable',
    index: 2,
    self: { mac: '02:00:00:00:00:02', ip },
  });
});
