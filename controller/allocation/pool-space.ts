// The addresses of one pool: what it holds and what it may give out.
import type { Pool } from '#shared/config/pool.ts';
import type { Family } from '#shared/net/ip.ts';
import type { Range } from '#shared/net/range.ts';
import type { Address } from './address.ts';

/** Both ends included. */
export interface Span {
  readonly first: bigint;
  readonly last: bigint;
}

export interface PoolSpace {
  readonly pool: Pool;
  /** All that its entries cover: disjoint, ascending. */
  readonly held: Readonly<Record<Family, readonly Span[]>>;
  /** What it gives out: disjoint, in the order of the entries, without what an older pool covers too. */
  readonly given: Readonly<Record<Family, readonly Span[]>>;
}

export function holdsAddress(space: PoolSpace, address: Address): boolean {
  return coversAddress(space, address) && !isAvoided(space.pool, address);
}

export function coversAddress({ held }: PoolSpace, { family, value }: Address): boolean {
  return spanAround(held[family], value) !== undefined;
}

/** With avoidBuggyIPs a pool leaves out what some old devices take for network and broadcast addresses. */
export function isAvoided({ avoidBuggyIPs }: Pool, { family, value }: Pick<Address, 'family' | 'value'>): boolean {
  if (!avoidBuggyIPs || family !== 'IPv4') return false;
  const lastOctet = value & 0xffn;
  return lastOctet === 0n || lastOctet === 255n;
}

/** By binary search in ascending disjoint spans. */
function spanAround(spans: readonly Span[], value: bigint): Span | undefined {
  let low = 0;
  let high = spans.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const span = spans[middle];
    if (span === undefined || value < span.first) high = middle - 1;
    else if (value > span.last) low = middle + 1;
    else return span;
  }
  return undefined;
}

/** The ranges of one family as ascending disjoint spans. */
export function unionOf(ranges: readonly Range[], family: Family): readonly Span[] {
  const union: Span[] = [];
  const ascending = ranges
    .filter((range) => range.family === family)
    .toSorted((a, b) => (a.first === b.first ? 0 : a.first < b.first ? -1 : 1));
  for (const { first, last } of ascending) {
    const before = union.at(-1);
    if (before === undefined || before.last + 1n < first) union.push({ first, last });
    else if (before.last < last) union[union.length - 1] = { first: before.first, last };
  }
  return union;
}
