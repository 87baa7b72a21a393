import { expect, test } from 'vitest';
import { clusterOverlaps } from '#shared/config/cluster-overlap.ts';
import { parsePool } from '#shared/config/pool.ts';
import { parseIp, type Ip } from '#shared/net/ip.ts';
import { pool } from './objects.ts';

const nodes = [
  { name: 'n1', addresses: ['192.0.2.11', '2001:db8::11'] as Ip[] },
  { name: 'n2', addresses: ['192.0.2.12', '10.0.0.1'] as Ip[] },
];
const serviceCIDRs = ['10.96.0.0/16', 'fd00:10:96::/112', 'no prefix'];

function overlaps(addresses: readonly string[]): readonly string[] {
  const { value } = parsePool(pool('p', { addresses }));
  return clusterOverlaps([value], { nodes, serviceCIDRs }).map(
    ({ severity, reason, message }) => `${severity} ${reason} ${message}`,
  );
}

test('the addresses of the test are canonical', () => {
  for (const { addresses } of nodes) expect(addresses.map((address) => parseIp(address))).toEqual(addresses);
});

test.each([
  ['addresses of its own', ['192.0.2.200-192.0.2.239', '2001:db8::200-2001:db8::2ff']],
  ['addresses beside those of the nodes', ['192.0.2.0-192.0.2.10', '192.0.2.13-192.0.2.20']],
  ['addresses beside the clusterIPs', ['10.95.0.0/16', '10.97.0.0/16', 'fd00:10:96::1:0/112']],
])('a pool of %s has no warning', (_, addresses) => {
  expect(overlaps(addresses)).toEqual([]);
});

test.each([
  [['192.0.2.12/32'], /^warning OverlapsNodeAddress 192\.0\.2\.12\/32 contains 192\.0\.2\.12, an address of node n2/],
  [['198.51.100.0/24', '192.0.2.0/24'], /OverlapsNodeAddress 192\.0\.2\.0\/24 contains 192\.0\.2\.11, .* node n1/],
  [['2001:db8::/64'], /OverlapsNodeAddress 2001:db8::\/64 contains 2001:db8::11, an address of node n1/],
  [
    ['10.96.255.255-10.97.0.0'],
    /^warning OverlapsServiceCIDR 10\.96\.255\.255-10\.97\.0\.0 overlaps with 10\.96\.0\.0\/16/,
  ],
  [['fd00::/16'], /OverlapsServiceCIDR fd00::\/16 overlaps with fd00:10:96::\/112/],
])('a pool with %j is warned about once', (addresses, expected) => {
  expect(overlaps(addresses)).toEqual([expect.stringMatching(expected)]);
});

test('a pool may be warned about for both reasons', () => {
  expect(overlaps(['0.0.0.0/0'])).toEqual([
    expect.stringContaining('OverlapsNodeAddress'),
    expect.stringContaining('OverlapsServiceCIDR'),
  ]);
});

test('a cluster that says nothing is warned about nothing', () => {
  const { value } = parsePool(pool('p', { addresses: ['0.0.0.0/0', '::/0'] }));
  expect(clusterOverlaps([value], { nodes: [], serviceCIDRs: [] })).toEqual([]);
});
