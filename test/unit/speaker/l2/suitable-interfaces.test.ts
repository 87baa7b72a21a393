import { expect, test } from 'vitest';
import type { Link } from '#speaker/l2/host-network.ts';
import { chooseInterfaces, maxInterfaces } from '#speaker/l2/suitable-interfaces.ts';
import { address, ethernet, network } from '#test/simulation/node/host-network.ts';

const bridge = ethernet(20, 'br0', { kind: 'bridge' });
const vrf = ethernet(21, 'vrf-blue', { kind: 'vrf' });
const masters = [bridge, vrf];

function reasonFor(fields: Partial<Link>, ip = '192.0.2.1', prefixBits = 24, excluded: readonly RegExp[] = []) {
  const links = [ethernet(2, 'eth0', fields), ...masters];
  const choice = chooseInterfaces(network(links, [address(2, ip, prefixBits)]), excluded);
  const isSuitable = choice.suitable.some(({ index }) => index === 2);
  return isSuitable ? 'suitable' : choice.unsuitable.find(({ name }) => name === 'eth0')?.reason;
}

test.each<[string, Partial<Link>, string | undefined]>([
  ['an Ethernet interface that is up', {}, 'suitable'],
  ['one without carrier', { lowerUp: false }, 'suitable'],
  ['a bridge', { kind: 'bridge' }, 'suitable'],
  ['a member of a VRF', { master: 21 }, 'suitable'],
  ['one that is down', { up: false, lowerUp: false }, 'it is down'],
  ['one without ARP', { noArp: true }, 'it does no ARP'],
  ['a port of a bridge', { master: 20 }, 'it is a port of br0'],
  ['a port of something unknown', { master: 99 }, 'it is a port of interface 99'],
  ['loopback', { loopback: true }, undefined],
  ['a tunnel', { ethernet: false }, undefined],
  ['one without a MAC', { mac: undefined }, undefined],
])('%s: %s', (_, fields, expected) => {
  expect(reasonFor(fields)).toBe(expected);
});

test.each([
  ['192.0.2.1', 32, 'suitable'],
  ['fe80::1', 64, 'suitable'],
  ['2001:db8::1', 64, 'it has neither an IPv4 nor an IPv6 link-local address'],
])('with only %s/%i: %s', (ip, prefixBits, expected) => {
  expect(reasonFor({}, ip, prefixBits)).toBe(expected);
});

test('names are excluded by unanchored patterns', () => {
  expect(reasonFor({}, '192.0.2.1', 24, [/th/])).toBe('its name is excluded');
  expect(reasonFor({}, '192.0.2.1', 24, [/^th/])).toBe('suitable');
});

test('an interface is described by its own addresses and the prefixes that reach others', () => {
  const addresses = [address(2, '192.0.2.1', 24), address(2, '198.51.100.7', 32), address(3, '203.0.113.1', 24)];
  const { suitable } = chooseInterfaces(network([ethernet(2, 'eth0', { lowerUp: false })], addresses), []);
  expect(suitable).toEqual([
    {
      index: 2,
      name: 'eth0',
      mac: '02:00:00:00:00:02',
      carrier: false,
      families: ['IPv4'],
      prefixes: [
        { ip: '192.0.2.1', prefixBits: 24 },
        { ip: '198.51.100.7', prefixBits: 32 },
      ],
      onLink: [{ family: 'IPv4', first: 0xc0000200n, last: 0xc00002ffn }],
    },
  ]);
});

test('of too many interfaces those with an IPv4 prefix come first, then the older ones', () => {
  const indices = Array.from({ length: maxInterfaces + 4 }, (_, at) => at + 2);
  const last = indices.at(-1) ?? 0;
  const links = indices.map((index) => ethernet(index, `eth${index}`));
  const addresses = indices.map((index) => address(index, 'fe80::1', 64));
  const choice = chooseInterfaces(network(links, [...addresses, address(last, '192.0.2.1', 24)]), []);
  expect(choice.suitable.map(({ index }) => index)).toEqual([last, ...indices.slice(0, maxInterfaces - 1)]);
  expect(choice.unsuitable.map(({ reason }) => reason)).toEqual(
    Array.from({ length: 4 }, () => 'more than 16 interfaces are suitable: exclude those that are no LAN'),
  );
});

test.each<[readonly string[], readonly string[]]>([
  [['192.0.2.1'], ['IPv4']],
  [['fe80::1'], ['IPv4', 'IPv6']],
  [['192.0.2.1', '2001:db8::1'], ['IPv4']],
  [
    ['192.0.2.1', '2001:db8::1', 'fe80::1'],
    ['IPv4', 'IPv6'],
  ],
])('with %j it carries %j', (ips, families) => {
  const { suitable } = chooseInterfaces(
    network(
      [ethernet(2, 'eth0')],
      ips.map((ip) => address(2, ip, 24)),
    ),
    [],
  );
  expect(suitable.map((on) => on.families)).toEqual([families]);
});

test.each(['tentative', 'duplicate'] as const)(
  'from a %s address nothing is sent, but its prefix is on-link',
  (state) => {
    const addresses = [address(2, '192.0.2.1', 24), { ...address(2, '198.51.100.7', 24), [state]: true }];
    const [on] = chooseInterfaces(network([ethernet(2, 'eth0')], addresses), []).suitable;
    expect(on?.prefixes).toEqual([{ ip: '192.0.2.1', prefixBits: 24 }]);
    expect(on?.onLink).toHaveLength(2);
  },
);
