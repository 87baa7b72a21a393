// The very addresses that a Service asks for: all of them, from one pool, or none.
import { includesAddress } from './address.ts';
import { refused, type Assignment } from './assignment.ts';
import { refusalOfPool } from './candidates.ts';
import type { Kept } from './keep.ts';
import { holdsAddress, type PoolSpace } from './pool-space.ts';
import { addressNotInPool, poolFrozen, poolMismatch, poolNotAllowed, unknownPool, type Refusal } from './refusals.ts';
import type { Request } from './request.ts';
import { gives, giverOf, poolsHolding } from './territory.ts';
import type { World } from './world.ts';

export function assignWanted(request: Request, kept: Kept, world: World): Assignment {
  const spaces = spacesOf(request, kept, world);
  if ('reason' in spaces) return refused(spaces);
  let closest: Obstacle | undefined;
  for (const space of spaces) {
    const obstacle = obstacleIn(space, request, kept, world);
    if (obstacle === undefined) return { space, addresses: request.wantedAddresses, refusal: undefined };
    if (closest === undefined || obstacle.rule > closest.rule) closest = obstacle;
  }
  return refused(closest?.refusal ?? addressNotInPool(request.wantedAddresses));
}

/** The pools that hold all of the addresses: the one that gave some of them already, then the oldest. */
function spacesOf(request: Request, kept: Kept, { territory }: World): readonly PoolSpace[] | Refusal {
  const { wantedAddresses, wantedPool } = request;
  if (wantedPool !== undefined && !territory.byName.has(wantedPool)) return unknownPool(wantedPool);
  const [first, ...others] = wantedAddresses;
  const holding = first === undefined ? [] : poolsHolding(territory, first);
  const all = holding.filter((space) => others.every((address) => holdsAddress(space, address)));
  if (all.length === 0) return addressNotInPool(wantedAddresses);
  const asked = all.filter(({ pool }) => wantedPool === undefined || pool.name === wantedPool);
  if (asked.length === 0 && wantedPool !== undefined) return poolMismatch(wantedAddresses, wantedPool);
  return asked.toSorted((a, b) => Number(b === kept.space) - Number(a === kept.space));
}

/** The further the rule is down the list, the closer the pool was to giving the addresses. */
interface Obstacle {
  readonly rule: number;
  readonly refusal: Refusal;
}

function obstacleIn(space: PoolSpace, request: Request, kept: Kept, world: World): Obstacle | undefined {
  const rules = [notAdmitted, ownedByAnother, frozen, inUse];
  for (const [rule, check] of rules.entries()) {
    const refusal = check(space, request, kept, world);
    if (refusal !== undefined) return { rule, refusal };
  }
  return undefined;
}

type Check = (space: PoolSpace, request: Request, kept: Kept, world: World) => Refusal | undefined;

const notAdmitted: Check = (space, request, _kept, { namespaces }) => refusalOfPool(space, request, namespaces);

const ownedByAnother: Check = (space, { wantedAddresses }, kept, { territory }) => {
  for (const address of wantedAddresses) {
    const holdsIt = kept.space === space && includesAddress(kept.addresses, address);
    if (holdsIt || gives(territory, space, address)) continue;
    const owner = giverOf(territory, address)?.pool.name ?? '';
    return poolNotAllowed(space.pool.name, `${address.ip} belongs to the older pool ${owner}`);
  }
  return undefined;
};

const frozen: Check = ({ pool }) => (pool.frozen === undefined ? undefined : poolFrozen(pool.name, pool.frozen));

const inUse: Check = (_space, request, _kept, { supply }) => {
  for (const address of request.wantedAddresses) {
    const clash = supply.clash(address, request);
    if (clash !== undefined) return clash.refusal;
  }
  return undefined;
};
