// The plan: for every Service its addresses or why it has none. A pure function of everything the controller has read and of its ledger; two
// passes: first everybody keeps what is legal, then what is free is given out.
import { compareAge } from '#shared/config/age.ts';
import type { Pool } from '#shared/config/pool.ts';
import type { ServiceView } from '#shared/kube/objects/service.ts';
import type { ObjectKey } from '#shared/kube/objects/view.ts';
import type { Ip } from '#shared/net/ip.ts';
import { includesAddress, type Address } from './allocation/address.ts';
import { assign } from './allocation/assign.ts';
import type { Assignment } from './allocation/assignment.ts';
import type { Namespaces } from './allocation/candidates.ts';
import type { Holder, Loss } from './allocation/holder.ts';
import { isComplete, keep, type Kept } from './allocation/keep.ts';
import type { PoolSpace } from './allocation/pool-space.ts';
import { duplicateAddress, type Refusal } from './allocation/refusals.ts';
import { requestOf, type Request } from './allocation/request.ts';
import { Supply } from './allocation/supply.ts';
import { territoryOf } from './allocation/territory.ts';
import { UsageCount, type PoolUsage } from './allocation/usage.ts';
import type { World } from './allocation/world.ts';
import { allocatedCondition } from './service/conditions.ts';

export interface Snapshot {
  readonly services: readonly Held[];
  readonly pools: readonly Pool[];
  readonly namespaces: Namespaces;
  /** Where pools are looked for. */
  readonly ownNamespace: string;
}

/** A Service in scope and what it holds: as assumed from writes under way, else as its status says. */
export interface Held {
  readonly service: ServiceView;
  readonly current: readonly Address[];
  readonly fromPool: string | undefined;
}

/** By uid of the Service: what it asked for when its addresses were last written. */
export type Accepted = ReadonlyMap<string, AcceptedRequest>;

export interface AcceptedRequest {
  readonly fingerprint: string;
  readonly addresses: readonly Ip[];
}

export interface Decision extends Assignment {
  readonly request: Request;
  /** What it held and holds no longer. */
  readonly lost: readonly Loss[];
}

export interface Plan {
  readonly decisions: ReadonlyMap<ObjectKey, Decision>;
  /** By name of the pool. */
  readonly usage: ReadonlyMap<string, PoolUsage>;
  /** How often an address was looked at. */
  readonly lookups: number;
}

export function plan(snapshot: Snapshot, accepted: Accepted): Plan {
  const territory = territoryOf(snapshot.pools);
  const supply = new Supply(territory);
  const { namespaces, ownNamespace } = snapshot;
  const world: World = { territory, supply, namespaces, ownNamespace };
  const holders = snapshot.services.map((held) => holderOf(held, accepted)).toSorted(compareHolders);
  const kept = keepAll(holders, world);
  const decisions = giveAll(holders, kept, world);
  return { decisions, usage: usageOf(decisions, territory.oldestFirst), lookups: supply.lookups };
}

function holderOf({ service, current, fromPool }: Held, accepted: Accepted): Holder {
  const request = requestOf(service);
  const before = accepted.get(service.uid);
  if (before === undefined) return { request, current, fromPool, since: 'unknown' };
  // A Service that had addresses and now shows others was changed too, by whoever wrote its status.
  const isSame =
    before.fingerprint === request.fingerprint &&
    (before.addresses.length === 0 || current.every(({ ip }) => before.addresses.includes(ip)));
  return { request, current, fromPool, since: isSame ? 'unchanged' : 'changed' };
}

function compareHolders(a: Holder, b: Holder): number {
  return compareAge(a.request.service, b.request.service);
}

/** Pass 1. Those that ask for what they always asked for come first, so that an edit can only hurt the Service that was edited. */
function keepAll(holders: readonly Holder[], world: World): ReadonlyMap<Holder, Kept> {
  const kept = new Map<Holder, Kept>();
  const holding = holders.filter(({ current }) => current.length > 0);
  for (const unchanged of [true, false]) {
    for (const holder of holding) {
      if ((holder.since === 'unchanged') !== unchanged) continue;
      const keeps = keep(holder, world);
      kept.set(holder, keeps);
      for (const address of keeps.addresses) world.supply.hold(address, holder.request);
    }
  }
  return kept;
}

const nothing: Kept = { space: undefined, addresses: [], lost: [] };

/** Pass 2, the oldest first. What a holder gives up only here may serve those who went away empty: they are asked again. */
function giveAll(
  holders: readonly Holder[],
  kept: ReadonlyMap<Holder, Kept>,
  world: World,
): ReadonlyMap<ObjectKey, Decision> {
  const decisions = new Map<ObjectKey, Decision>();
  const refused: Holder[] = [];
  let givenUp = false;
  for (const holder of holders) {
    const keeps = kept.get(holder) ?? nothing;
    const decision = decide(holder, keeps, world);
    decisions.set(holder.request.service.key, decision);
    if (decision.refusal !== undefined) refused.push(holder);
    givenUp ||= keeps.addresses.some((address) => !includesAddress(decision.addresses, address));
  }
  if (!givenUp) return decisions;
  world.supply.rewind();
  for (const holder of refused) {
    const { key } = holder.request.service;
    const before = decisions.get(key);
    if (before !== undefined) decisions.set(key, decideAgain(holder, before, world));
  }
  return decisions;
}

function decide(holder: Holder, keeps: Kept, world: World): Decision {
  const { request, current } = holder;
  const { space, addresses, lost } = keeps;
  if (isComplete(holder, keeps)) return { request, space, addresses, refusal: request.fault?.refusal, lost };
  for (const address of addresses) world.supply.release(address, request);
  const assignment = assign(holder, keeps, world);
  for (const address of assignment.addresses) world.supply.hold(address, request);
  const losses = current
    .filter((address) => !includesAddress(assignment.addresses, address))
    .map((address) => lost.find((loss) => loss.address === address) ?? givenUpFor(address, assignment));
  return { request, ...assignment, refusal: refusalOf(assignment, losses, request), lost: losses };
}

/** As if what was decided before were written already. */
function decideAgain(holder: Holder, before: Decision, world: World): Decision {
  const { space, addresses } = before;
  const settled = { ...holder, current: addresses, fromPool: space?.pool.name };
  const again = decide(space === undefined ? holder : settled, { space, addresses, lost: before.lost }, world);
  return { ...again, lost: before.lost.filter(({ address }) => !includesAddress(again.addresses, address)) };
}

/** A pair comes from one pool. */
function givenUpFor(address: Address, { refusal }: Assignment): Loss {
  const message = 'its pool has no address of the other family';
  return { address, why: refusal ?? { reason: 'NoFamilyInPool', message }, duplicateOf: undefined };
}

/** A Service that lost a duplicate says so for as long as it has to wait. */
function refusalOf(
  { addresses, refusal }: Assignment,
  lost: readonly Loss[],
  { service }: Request,
): Refusal | undefined {
  if (addresses.length > 0 || (refusal?.reason !== 'PoolExhausted' && refusal?.reason !== 'AddressInUse'))
    return refusal;
  for (const { address, duplicateOf } of lost) {
    if (duplicateOf !== undefined) return duplicateAddress(address, duplicateOf);
  }
  const said = service.conditions.find(
    ({ type, reason }) => type === allocatedCondition && reason === 'DuplicateAddress',
  );
  return said === undefined ? refusal : { reason: 'DuplicateAddress', message: said.message };
}

function usageOf(
  decisions: ReadonlyMap<ObjectKey, Decision>,
  spaces: readonly PoolSpace[],
): ReadonlyMap<string, PoolUsage> {
  const counts = new Map(spaces.map((space) => [space, new UsageCount()]));
  for (const { request, space, addresses } of decisions.values()) {
    if (space !== undefined) counts.get(space)?.add(request, addresses);
  }
  return new Map([...counts].map(([space, count]) => [space.pool.name, count.of(space)]));
}
