// Addresses that are in two pools, or twice in one. Found by one sweep over all entries sorted by their first address.
import { formatRange, type Range } from '../net/range.ts';
import type { Pool } from './pool.ts';
import { errorIn, problemOf, type Problem } from './problem.ts';

/** How many pools each pool names that it overlaps with, and how many each entry is compared with. */
const mostConflicts = 16;

interface Entry {
  readonly pool: Pool;
  readonly range: Range;
}

/** For each pool that overlaps with others a problem for each of them, the first overlap that is met. O(n log n) in the number of entries. */
export function poolOverlaps(pools: readonly Pool[]): readonly Problem[] {
  const partners = new Map<Pool, Set<Pool>>(pools.map((pool) => [pool, new Set()]));
  const problems: Problem[] = [];
  const blame = (entry: Entry, other: Entry): void => {
    const named = partners.get(entry.pool);
    if (named === undefined || named.has(other.pool) || named.size >= mostConflicts) return;
    named.add(other.pool);
    problems.push(overlapProblem(entry, other));
  };
  for (const [entry, other] of overlappingEntries(pools)) {
    blame(entry, other);
    blame(other, entry);
  }
  return problems;
}

function* overlappingEntries(pools: readonly Pool[]): Generator<readonly [Entry, Entry]> {
  const entries = pools.flatMap((pool) => pool.ranges.map((range): Entry => ({ pool, range })));
  // Of the entries met so far, each pool's that reaches furthest: if any of the pool overlaps with the next one, this one does.
  const reaching = new Map<Pool, Entry>();
  for (const entry of entries.toSorted(compareFirst)) {
    let compared = 0;
    for (const [pool, other] of reaching) {
      if (other.range.family !== entry.range.family || other.range.last < entry.range.first) {
        reaching.delete(pool);
        continue;
      }
      // Those left out contain this address too, so each has met another of them before.
      if (compared++ === mostConflicts) break;
      yield [other, entry];
    }
    const furthest = reaching.get(entry.pool);
    if (furthest === undefined || furthest.range.last < entry.range.last) reaching.set(entry.pool, entry);
  }
}

function compareFirst({ range: a }: Entry, { range: b }: Entry): number {
  if (a.family !== b.family) return a.family === 'IPv4' ? -1 : 1;
  if (a.first === b.first) return 0;
  return a.first < b.first ? -1 : 1;
}

function overlapProblem(entry: Entry, other: Entry): Problem {
  const message = `CIDR "${formatRange(entry.range)}" in pool "${entry.pool.name}" overlaps with already defined CIDR "${formatRange(other.range)}" in pool "${other.pool.name}"`;
  return problemOf('IPAddressPool', entry.pool, errorIn('spec.addresses', 'AddressOverlap', message));
}
