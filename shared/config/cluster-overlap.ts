// Pools that hold addresses the cluster itself uses. Warnings only: some users mean it.
import { compareIps, ipFromNumber, type Ip } from '../net/ip.ts';
import { formatRange, parsePrefix, rangeContains, rangeOfPrefix, type Range } from '../net/range.ts';
import type { Pool } from './pool.ts';
import { problemOf, warningIn, type Problem } from './problem.ts';

export interface ClusterAddresses {
  readonly nodes: Iterable<{ readonly name: string; readonly addresses: readonly Ip[] }>;
  /** CIDRs that clusterIPs come from, as text; what is none is passed over. */
  readonly serviceCIDRs: readonly string[];
}

interface NodeAddress {
  readonly ip: Ip;
  readonly node: string;
}

/** At most one problem of either kind for a pool, naming the first overlap. */
export function clusterOverlaps(pools: readonly Pool[], { nodes, serviceCIDRs }: ClusterAddresses): readonly Problem[] {
  const addresses = [...nodes]
    .flatMap(({ name, addresses: own }) => own.map((ip): NodeAddress => ({ ip, node: name })))
    .toSorted((a, b) => compareIps(a.ip, b.ip));
  const cidrs = serviceCIDRs.flatMap((text) => parsePrefix(text) ?? []).map(rangeOfPrefix);
  return pools.flatMap((pool) => [...nodeOverlap(pool, addresses), ...serviceOverlap(pool, cidrs)]);
}

function nodeOverlap(pool: Pool, addresses: readonly NodeAddress[]): readonly Problem[] {
  for (const range of pool.ranges) {
    const found = firstFrom(addresses, range);
    if (found === undefined || !rangeContains(range, found.ip)) continue;
    const message = `${formatRange(range)} contains ${found.ip}, an address of node ${found.node}: leave it out, or no Service must get it`;
    return [problemOf('IPAddressPool', pool, warningIn('spec.addresses', 'OverlapsNodeAddress', message))];
  }
  return [];
}

function serviceOverlap(pool: Pool, cidrs: readonly Range[]): readonly Problem[] {
  for (const range of pool.ranges) {
    const cidr = cidrs.find(
      ({ family, first, last }) => family === range.family && first <= range.last && range.first <= last,
    );
    if (cidr === undefined) continue;
    const message = `${formatRange(range)} overlaps with ${formatRange(cidr)}, which clusterIPs come from: use other addresses`;
    return [problemOf('IPAddressPool', pool, warningIn('spec.addresses', 'OverlapsServiceCIDR', message))];
  }
  return [];
}

/** The lowest of the sorted addresses that is not below the range. */
function firstFrom(addresses: readonly NodeAddress[], { family, first }: Range): NodeAddress | undefined {
  const start = ipFromNumber(family, first);
  let low = 0;
  let high = addresses.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const address = addresses[middle];
    if (address !== undefined && compareIps(address.ip, start) < 0) low = middle + 1;
    else high = middle;
  }
  return addresses[low];
}
