// What a Service keeps of what it holds: everything that is still legal, from one pool. Nothing legal is ever moved.
import type { Family } from '#shared/net/ip.ts';
import { includesAddress, type Address } from './address.ts';
import { refusalOfPool } from './candidates.ts';
import type { Holder, Loss } from './holder.ts';
import { holdsAddress, type PoolSpace } from './pool-space.ts';
import { addressNotInPool, poolMismatch, quotedList, type Refusal } from './refusals.ts';
import type { Request } from './request.ts';
import { poolsHolding } from './territory.ts';
import type { World } from './world.ts';

export interface Kept {
  /** Undefined when nothing is kept. */
  readonly space: PoolSpace | undefined;
  readonly addresses: readonly Address[];
  readonly lost: readonly Loss[];
}

/** Tries the pool that the addresses are said to be from, then all that hold one of them, oldest first. */
export function keep(holder: Holder, world: World): Kept {
  const { request, current } = holder;
  const { fault } = request;
  if (fault !== undefined && !fault.keepsAddresses) return keepNothing(current, () => fault.refusal);
  let best = keepNothing(current, (address) => addressNotInPool([address]));
  for (const space of spacesToTry(holder, world)) {
    const kept = keepUnder(space, holder, world);
    if (best.space === undefined || kept.addresses.length > best.addresses.length) best = kept;
    if (kept.lost.length === 0) break;
  }
  return best.addresses.length > 0 ? best : { ...best, space: undefined };
}

/** Whether it holds all that it can ask for. */
export function isComplete({ request, current }: Holder, { addresses }: Kept): boolean {
  if (request.fault !== undefined || request.service.deleting) return addresses.length === current.length;
  return addresses.length === request.families.length;
}

function keepNothing(current: readonly Address[], why: (address: Address) => Refusal): Kept {
  const lost = current.map((address): Loss => ({ address, why: why(address), duplicateOf: undefined }));
  return { space: undefined, addresses: [], lost };
}

function* spacesToTry({ current, fromPool }: Holder, { territory }: World): Generator<PoolSpace> {
  const first = fromPool === undefined ? undefined : territory.byName.get(fromPool);
  if (first !== undefined) yield first;
  const tried = new Set([first]);
  for (const space of current.flatMap((address) => poolsHolding(territory, address))) {
    if (!tried.has(space)) yield space;
    tried.add(space);
  }
}

function keepUnder(space: PoolSpace, holder: Holder, world: World): Kept {
  const addresses: Address[] = [];
  const lost: Loss[] = [];
  for (const address of holder.current) {
    const loss = lossOf(address, addresses, space, holder, world);
    if (loss === undefined) addresses.push(address);
    else lost.push(loss);
  }
  return { space, addresses: inFamilyOrder(addresses, holder.request), lost };
}

function lossOf(
  address: Address,
  kept: readonly Address[],
  space: PoolSpace,
  holder: Holder,
  world: World,
): Loss | undefined {
  const illegal = notAskedFor(address, kept, holder.request, space) ?? notFromPool(address, space, holder, world);
  if (illegal !== undefined) return { address, why: illegal, duplicateOf: undefined };
  const clash = world.supply.clash(address, holder.request);
  if (clash === undefined) return undefined;
  // Who changed what it asks for gives way; where nobody did, both were given the address.
  const isDuplicate = holder.since !== 'changed';
  return { address, why: clash.refusal, duplicateOf: isDuplicate ? clash.holder.service.key : undefined };
}

function notAskedFor(
  address: Address,
  kept: readonly Address[],
  { families, wantedAddresses, wantedPool, fault }: Request,
  { pool }: PoolSpace,
): Refusal | undefined {
  const { family } = address;
  if (families.length > 0 && !families.includes(family)) return unasked(`the Service has no ${family} cluster IP`);
  if (kept.some((other) => other.family === family)) return unasked(`the Service has one ${family} address only`);
  if (fault !== undefined) return undefined;
  if (wantedAddresses.length > 0 && !includesAddress(wantedAddresses, address)) {
    return { reason: 'AddressNotInPool', message: `the Service asks for ${quotedList(wantedAddresses)}` };
  }
  return wantedPool === undefined || wantedPool === pool.name ? undefined : poolMismatch([address], wantedPool);
}

function unasked(message: string): Refusal {
  return { reason: 'FamilyMismatch', message };
}

/** A pool with an error takes nothing away from those that have their addresses from it. */
function notFromPool(
  address: Address,
  space: PoolSpace,
  { request, fromPool }: Holder,
  { namespaces }: World,
): Refusal | undefined {
  if (space.pool.frozen !== undefined && space.pool.name === fromPool) return undefined;
  return holdsAddress(space, address) ? refusalOfPool(space, request, namespaces) : addressNotInPool([address]);
}

const anyOrder: readonly Family[] = ['IPv4', 'IPv6'];

function inFamilyOrder(addresses: readonly Address[], { families }: Request): readonly Address[] {
  if (addresses.length < 2) return addresses;
  const order = families.length === 0 ? anyOrder : families;
  return addresses.toSorted((a, b) => order.indexOf(a.family) - order.indexOf(b.family));
}
