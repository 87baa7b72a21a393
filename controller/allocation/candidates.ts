// The pools that a Service may be given addresses from, in the order they are tried.
import type { StringMap } from '#shared/kube/objects/view.ts';
import type { PoolSpace } from './pool-space.ts';
import { noMatchingPool, poolFrozen, poolNotAllowed, unknownPool, type Refusal } from './refusals.ts';
import type { Request } from './request.ts';
import type { Territory } from './territory.ts';

/** Labels by name of the namespace. */
export type Namespaces = ReadonlyMap<string, StringMap>;

/** Each list is tried to its end before the next one. */
export type Candidates = readonly (readonly PoolSpace[])[];

/** The pool that the Service asks for, or those made for Services like it, and after them those for everybody. */
export function candidatesOf(request: Request, territory: Territory, namespaces: Namespaces): Candidates | Refusal {
  if (request.wantedPool !== undefined) return wantedPool(request, request.wantedPool, territory, namespaces);
  const pinned = pinnedPools(request, territory, namespaces);
  if (pinned.length > 0 || territory.open.length > 0) return [pinned, territory.open];
  const frozen = territory.frozen.find((space) => refusalOfPool(space, request, namespaces) === undefined)?.pool;
  if (frozen?.frozen !== undefined) return poolFrozen(frozen.name, frozen.frozen);
  return noMatchingPool(whyNone(request, territory, namespaces));
}

/** Pools that serve a namespace, whatever the labels of the Service. */
interface ServingNamespace {
  readonly labels: StringMap | undefined;
  readonly spaces: readonly PoolSpace[];
}

const serving = new WeakMap<Territory, Map<string, ServingNamespace>>();

/** With many pools most serve other namespaces; those that serve this one are found once for all its Services. */
function pinnedPools({ service }: Request, territory: Territory, namespaces: Namespaces): readonly PoolSpace[] {
  const labels = namespaces.get(service.namespace);
  const byNamespace = serving.get(territory) ?? new Map<string, ServingNamespace>();
  serving.set(territory, byNamespace);
  let found = byNamespace.get(service.namespace);
  if (found === undefined || found.labels !== labels) {
    const refuses = ({ pool }: PoolSpace) => pool.serviceAllocation?.refuses(service, labels);
    found = { labels, spaces: territory.pinned.filter((space) => refuses(space) !== 'namespace') };
    byNamespace.set(service.namespace, found);
  }
  return found.spaces.filter(({ pool }) => pool.serviceAllocation?.refuses(service, labels) === undefined);
}

/** Why the pool does not serve the Service; autoAssign is another question. */
export function refusalOfPool({ pool }: PoolSpace, { service }: Request, namespaces: Namespaces): Refusal | undefined {
  const refused = pool.serviceAllocation?.refuses(service, namespaces.get(service.namespace));
  if (refused === undefined) return undefined;
  const constraint =
    refused === 'namespace'
      ? `it does not serve namespace ${service.namespace}`
      : 'its serviceSelectors do not match the labels of the Service';
  return poolNotAllowed(pool.name, constraint);
}

function wantedPool(
  request: Request,
  name: string,
  { byName }: Territory,
  namespaces: Namespaces,
): Candidates | Refusal {
  const space = byName.get(name);
  if (space === undefined) return unknownPool(name);
  const refusal = refusalOfPool(space, request, namespaces);
  if (refusal !== undefined) return refusal;
  return space.pool.frozen === undefined ? [[space]] : poolFrozen(name, space.pool.frozen);
}

function whyNone(
  { service }: Request,
  { byName }: Territory,
  namespaces: Namespaces,
): readonly { readonly name: string; readonly why: string }[] {
  const pools = [...byName.values()].map(({ pool }) => pool).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return pools.map(({ name, autoAssign, serviceAllocation }) => ({
    name,
    why: autoAssign ? (serviceAllocation?.refuses(service, namespaces.get(service.namespace)) ?? '') : 'autoAssign off',
  }));
}
