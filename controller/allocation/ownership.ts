// Which pool's entry gives each address, when entries overlap: the older pool's, and inside a pool the earlier entry.
import type { Pool } from '#shared/config/pool.ts';
import type { Family } from '#shared/net/ip.ts';
import type { Range } from '#shared/net/range.ts';
import type { Span } from './pool-space.ts';

export interface Entry {
  readonly pool: Pool;
  readonly range: Range;
  /** Place in the order of precedence. */
  readonly rank: number;
}

/** The line of all addresses of a family, cut wherever an entry begins or ends. */
export interface Ownership {
  /** Ascending; cell n reaches from cuts[n] to just before cuts[n + 1]. */
  readonly cuts: readonly bigint[];
  /** What gives the addresses of each cell. */
  readonly givers: readonly (Entry | undefined)[];
}

/** All entries, the first in precedence first. */
export function entriesOf(oldestFirst: readonly Pool[]): readonly Entry[] {
  return oldestFirst
    .flatMap((pool) => pool.ranges.map((range) => ({ pool, range })))
    .map((entry, rank) => ({ ...entry, rank }));
}

/** Each entry, in order of precedence, takes the cells that are left: every cell is taken once, taken ones are leapt over. */
export function ownershipOf(all: readonly Entry[], family: Family): Ownership {
  const entries = all.filter(({ range }) => range.family === family);
  const ends = entries.flatMap(({ range }) => [range.first, range.last + 1n]);
  const cuts = [...new Set(ends)].toSorted((a, b) => (a < b ? -1 : 1));
  const givers: (Entry | undefined)[] = cuts.map(() => undefined);
  const nextFree = cuts.map((_, cell) => cell);
  for (const entry of entries) {
    const end = cellOf(cuts, entry.range.last + 1n);
    let cell = freeFrom(nextFree, cellOf(cuts, entry.range.first));
    for (; cell < end; cell = freeFrom(nextFree, cell)) {
      givers[cell] = entry;
      nextFree[cell] = cell + 1;
    }
  }
  return { cuts, givers };
}

/** The cell that the value lies in; -1 below the first cut. */
export function cellOf(cuts: readonly bigint[], value: bigint): number {
  let low = 0;
  let high = cuts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const cut = cuts[middle];
    if (cut !== undefined && cut <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** What each pool gives, in the order of its entries. */
export function givenSpans({ cuts, givers }: Ownership): ReadonlyMap<Pool, readonly Span[]> {
  const byEntry = new Map<Entry, Span[]>();
  for (const [cell, entry] of givers.entries()) {
    const [first, next] = [cuts[cell], cuts[cell + 1]];
    if (entry === undefined || first === undefined || next === undefined) continue;
    const spans = byEntry.get(entry) ?? [];
    byEntry.set(entry, spans);
    const before = spans.at(-1);
    const joins = before !== undefined && before.last + 1n === first;
    if (joins) spans.pop();
    spans.push({ first: joins ? before.first : first, last: next - 1n });
  }
  const byPool = new Map<Pool, Span[]>();
  for (const [{ pool }, spans] of [...byEntry].toSorted(([a], [b]) => a.rank - b.rank)) {
    byPool.set(pool, [...(byPool.get(pool) ?? []), ...spans]);
  }
  return byPool;
}

/** The first cell from this one on that is not taken. Shortens the way for the next search. */
function freeFrom(nextFree: number[], start: number): number {
  let free = start;
  for (let next = nextFree[free]; next !== undefined && next !== free; next = nextFree[free]) free = next;
  for (let cell = start; cell < free;) {
    const next = nextFree[cell] ?? free;
    nextFree[cell] = free;
    cell = next;
  }
  return free;
}
