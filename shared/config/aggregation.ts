// Aggregation must not announce more than a pool holds: the announced prefix may not be wider than the pool's entry.
import { bitsOf, type Family } from '../net/ip.ts';
import { formatRange, type Range } from '../net/range.ts';
import type { BGPAdvertisement } from './bgp-advertisement.ts';
import type { Pool } from './pool.ts';
import { errorIn, problemOf, type Problem } from './problem.ts';

const families: readonly Family[] = ['IPv4', 'IPv6'];
const fieldOf: Readonly<Record<Family, string>> = { IPv4: 'spec.aggregationLength', IPv6: 'spec.aggregationLengthV6' };
const mostPoolsNamed = 16;

/** For each advertisement the pools that it cannot aggregate, each with its narrowest entry. */
export function aggregationProblems(
  advertisements: readonly BGPAdvertisement[],
  pools: readonly Pool[],
): readonly Problem[] {
  const narrowest = new Map<Pool, readonly Entry[]>();
  return advertisements.flatMap((advertisement) => {
    if (families.every((family) => advertisement.aggregationLength[family] >= bitsOf[family])) return [];
    const tooNarrow = pools.filter(advertisement.selectsPool).flatMap((pool) => {
      const entries = narrowest.get(pool) ?? families.flatMap((family) => narrowestEntry(pool, family));
      narrowest.set(pool, entries);
      return entries.filter(({ prefixBits, range }) => advertisement.aggregationLength[range.family] < prefixBits);
    });
    return tooNarrow.slice(0, mostPoolsNamed).map((entry) => aggregationProblem(advertisement, entry));
  });
}

/** Length of the widest prefix that lies inside the range. */
export function widestPrefixBits({ family, first, last }: Range): number {
  for (let hostBits = bitsOf[family]; hostBits > 0; hostBits--) {
    const size = 1n << BigInt(hostBits);
    const start = ((first + size - 1n) / size) * size;
    if (start + size - 1n <= last) return bitsOf[family] - hostBits;
  }
  return bitsOf[family];
}

interface Entry {
  readonly range: Range;
  readonly prefixBits: number;
}

function narrowestEntry(pool: Pool, family: Family): readonly Entry[] {
  let found: Entry | undefined;
  for (const range of pool.ranges) {
    if (range.family !== family) continue;
    const prefixBits = widestPrefixBits(range);
    if (found === undefined || prefixBits > found.prefixBits) found = { range, prefixBits };
  }
  return found === undefined ? [] : [found];
}

function aggregationProblem(advertisement: BGPAdvertisement, { range, prefixBits }: Entry): Problem {
  const message = `invalid aggregation length ${advertisement.aggregationLength[range.family]}: prefix ${prefixBits} in this pool is more specific than the aggregation length for addresses ${formatRange(range)}`;
  return problemOf('BGPAdvertisement', advertisement, errorIn(fieldOf[range.family], 'InvalidAggregation', message));
}
