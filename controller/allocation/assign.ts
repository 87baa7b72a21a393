// What a Service is given that does not hold all it asks for.
import type { Family } from '#shared/net/ip.ts';
import type { Address } from './address.ts';
import { refused, type Assignment } from './assignment.ts';
import { candidatesOf, type Candidates } from './candidates.ts';
import type { Holder } from './holder.ts';
import type { Kept } from './keep.ts';
import { holdsAddress, type PoolSpace } from './pool-space.ts';
import {
  mostNamed,
  noFamilyInPool,
  noPools,
  partiallyAllocated,
  poolExhausted,
  poolFrozen,
  type Refusal,
  type Shortage,
} from './refusals.ts';
import type { Request } from './request.ts';
import { capacityOf } from './usage.ts';
import { assignWanted } from './wanted.ts';
import type { World } from './world.ts';

export function assign(holder: Holder, kept: Kept, world: World): Assignment {
  const { request } = holder;
  const { fault, service, wantedAddresses } = request;
  const { space, addresses, lost } = kept;
  if (fault !== undefined) return { space, addresses, refusal: fault.refusal };
  if (service.deleting) return { space, addresses, refusal: space === undefined ? lost[0]?.why : undefined };
  if (world.territory.byName.size === 0) return refused(noPools(world.ownNamespace));
  if (wantedAddresses.length > 0) return assignWanted(request, kept, world);
  return completed(request, kept, world) ?? partial(holder, kept) ?? chosen(holder, world);
}

/** The other family from the same pool. */
function completed(request: Request, { space, addresses }: Kept, { supply }: World): Assignment | undefined {
  if (space === undefined || space.pool.frozen !== undefined) return undefined;
  const all = request.families.map(
    (family) => addresses.find((address) => address.family === family) ?? supply.first(space, family, request),
  );
  return all.every((address) => address !== undefined) ? { space, addresses: all, refusal: undefined } : undefined;
}

/** A preference never moves an address; only a pair whose pool lost a family is given up. */
function partial({ request, current }: Holder, { space, addresses }: Kept): Assignment | undefined {
  const hadOneFamily = new Set(current.map(({ family }) => family)).size === 1;
  if (space === undefined || request.service.ipFamilyPolicy !== 'PreferDualStack' || !hadOneFamily) return undefined;
  return partially({ space, addresses }, request);
}

function chosen(holder: Holder, world: World): Assignment {
  const { request } = holder;
  const candidates = candidatesOf(request, world.territory, world.namespaces);
  if ('reason' in candidates) return refused(candidates);
  for (const list of candidates) {
    const all = firstWith(request.families, list, holder, world);
    if (all !== undefined) return { ...all, refusal: undefined };
    if (request.service.ipFamilyPolicy !== 'PreferDualStack') continue;
    for (const family of request.families) {
      const one = firstWith([family], list, holder, world);
      if (one !== undefined) return partially(one, request);
    }
  }
  return refused(shortageIn(candidates, holder, world));
}

interface Found {
  readonly space: PoolSpace;
  readonly addresses: readonly Address[];
}

/** In the first pool that has an address of each of the families. */
function firstWith(
  families: readonly Family[],
  list: readonly PoolSpace[],
  holder: Holder,
  world: World,
): Found | undefined {
  const { request, current } = holder;
  const isPlain = current.length === 0 && request.sharing.key === '';
  const first = isPlain ? world.supply.firstGiving(list, families) : undefined;
  for (const space of isPlain ? [first] : list) {
    if (space === undefined) break;
    const addresses = families.map((family) => pick(space, family, holder, world));
    if (addresses.every((address) => address !== undefined)) return { space, addresses };
  }
  return undefined;
}

/** One that the Service holds and may hold from this pool comes before the first that is free. */
function pick(space: PoolSpace, family: Family, { request, current }: Holder, { supply }: World): Address | undefined {
  const own = current.find(
    (address) =>
      address.family === family && holdsAddress(space, address) && supply.clash(address, request) === undefined,
  );
  return own ?? supply.first(space, family, request);
}

function partially(found: Found, request: Request): Assignment {
  const missing = request.families.filter((family) => !found.addresses.some((address) => address.family === family));
  return { ...found, refusal: partiallyAllocated(missing, whyNot(found.space, missing)) };
}

function whyNot(space: PoolSpace, missing: readonly Family[]): Refusal {
  const { pool, held } = space;
  if (pool.frozen !== undefined) return poolFrozen(pool.name, pool.frozen);
  const hasThem = missing.every((family) => held[family].length > 0);
  return hasThem ? poolExhausted([shortageOf(space, missing)], pool.name) : noFamilyInPool(missing);
}

/** What the candidates lack: a family that none of them has, else addresses. */
function shortageIn(candidates: Candidates, holder: Holder, world: World): Refusal {
  const { families, service, wantedPool } = holder.request;
  const enough = service.ipFamilyPolicy === 'PreferDualStack' ? 1 : families.length;
  const suitable: PoolSpace[] = [];
  for (const space of candidates.flat()) {
    if (families.filter((family) => space.held[family].length > 0).length >= enough) suitable.push(space);
    if (suitable.length === mostNamed) break;
  }
  if (suitable.length === 0) return noFamilyInPool(families);
  const shortages = suitable.map((space) =>
    shortageOf(
      space,
      families.filter((family) => world.supply.first(space, family, holder.request) === undefined),
    ),
  );
  return poolExhausted(shortages, wantedPool);
}

function shortageOf(space: PoolSpace, families: readonly Family[]): Shortage {
  return {
    pool: space.pool.name,
    families: families.map((family) => ({ family, capacity: capacityOf(space, family) })),
  };
}
