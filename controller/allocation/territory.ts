// All pools together: which of them hold an address, which one gives it out, and in which order they are tried.
import { compareAge } from '#shared/config/age.ts';
import type { Pool } from '#shared/config/pool.ts';
import type { Family } from '#shared/net/ip.ts';
import type { Address } from './address.ts';
import { cellOf, entriesOf, givenSpans, ownershipOf, type Entry, type Ownership } from './ownership.ts';
import { coversAddress, isAvoided, unionOf, type PoolSpace } from './pool-space.ts';

export interface Territory {
  readonly byName: ReadonlyMap<string, PoolSpace>;
  readonly oldestFirst: readonly PoolSpace[];
  /** Pools that serve only some Services, in the order they are tried: by priority, then name. */
  readonly pinned: readonly PoolSpace[];
  /** Pools that serve every Service, by name. */
  readonly open: readonly PoolSpace[];
  /** Those of both that give nothing because something of them cannot be read. */
  readonly frozen: readonly PoolSpace[];
  readonly ownership: Readonly<Record<Family, Ownership>>;
  /** By cell of the ownership, filled when first asked for. */
  readonly covering: Readonly<Record<Family, Map<number, readonly PoolSpace[]>>>;
}

const known = new WeakMap<readonly Pool[], Territory>();

/** Made once for each version of the pools. */
export function territoryOf(pools: readonly Pool[]): Territory {
  const made = known.get(pools) ?? makeTerritory(pools);
  known.set(pools, made);
  return made;
}

/** Pools that hold the address, oldest first. */
export function poolsHolding(territory: Territory, address: Address): readonly PoolSpace[] {
  return poolsCovering(territory, address).filter(({ pool }) => !isAvoided(pool, address));
}

/** Whether a Service that does not hold the address yet may get it from this pool: only the oldest one gives what several hold. */
export function gives(territory: Territory, { pool }: PoolSpace, address: Address): boolean {
  return giverOf(territory, address)?.pool === pool && !isAvoided(pool, address);
}

/** The entry that the address is given out from. */
export function giverOf({ ownership }: Territory, { family, value }: Address): Entry | undefined {
  const { cuts, givers } = ownership[family];
  return givers[cellOf(cuts, value)];
}

function poolsCovering({ ownership, covering, oldestFirst }: Territory, address: Address): readonly PoolSpace[] {
  const cell = cellOf(ownership[address.family].cuts, address.value);
  const found = covering[address.family].get(cell) ?? oldestFirst.filter((space) => coversAddress(space, address));
  covering[address.family].set(cell, found);
  return found;
}

function makeTerritory(pools: readonly Pool[]): Territory {
  const byAge = pools.toSorted(compareAge);
  const entries = entriesOf(byAge);
  const ownership = { IPv4: ownershipOf(entries, 'IPv4'), IPv6: ownershipOf(entries, 'IPv6') };
  const given = { IPv4: givenSpans(ownership.IPv4), IPv6: givenSpans(ownership.IPv6) };
  const oldestFirst = byAge.map((pool): PoolSpace => ({
    pool,
    held: { IPv4: unionOf(pool.ranges, 'IPv4'), IPv6: unionOf(pool.ranges, 'IPv6') },
    given: { IPv4: given.IPv4.get(pool) ?? [], IPv6: given.IPv6.get(pool) ?? [] },
  }));
  const assigning = oldestFirst.filter(({ pool }) => pool.autoAssign).toSorted(comparePreference);
  const giving = assigning.filter(({ pool }) => pool.frozen === undefined);
  return {
    byName: new Map(oldestFirst.map((space) => [space.pool.name, space])),
    oldestFirst,
    pinned: giving.filter(({ pool }) => pool.serviceAllocation !== undefined),
    open: giving.filter(({ pool }) => pool.serviceAllocation === undefined),
    frozen: assigning.filter(({ pool }) => pool.frozen !== undefined),
    ownership,
    covering: { IPv4: new Map(), IPv6: new Map() },
  };
}

function comparePreference({ pool: a }: PoolSpace, { pool: b }: PoolSpace): number {
  const [first, second] = [a.serviceAllocation?.priority ?? Infinity, b.serviceAllocation?.priority ?? Infinity];
  if (first !== second) return first < second ? -1 : 1;
  return a.name < b.name ? -1 : 1;
}
