// Who holds which address: the Services that show it in their status, the pool it lies in, the advertisements that match both. When Services
// that may not share show the same address, the oldest counts.
import { compareAge } from '#shared/config/age.ts';
import type { L2Advertisement } from '#shared/config/l2-advertisement.ts';
import type { Pool } from '#shared/config/pool.ts';
import type { ServiceView } from '#shared/kube/objects/service.ts';
import { familyOf, ipToNumber, parseIp, type Family, type Ip } from '#shared/net/ip.ts';

/** A Service that shows an address. */
export interface Holder {
  readonly service: ServiceView;
  /** Undefined: the address lies in none. */
  readonly pool: Pool | undefined;
  /** Those that match pool and Service. The same set is the same array, so that work on it can be shared. */
  readonly advertisements: readonly L2Advertisement[];
}

/** The holders of one address: those that count, oldest first, and those that may not hold it beside them. */
export interface Holders {
  readonly sharing: readonly Holder[];
  readonly duplicates: readonly Holder[];
}

const poolAnnotation = 'metallb.io/ip-allocated-from-pool';
const sharingAnnotation = 'metallb.io/allow-shared-ip';
const legacySharingAnnotation = 'metallb.universe.tf/allow-shared-ip';

/** By address, in the order of the Services given. */
export function findHolders(
  services: readonly ServiceView[],
  pools: readonly Pool[],
  advertisements: readonly L2Advertisement[],
): ReadonlyMap<Ip, Holders> {
  const poolsByAge = pools.toSorted(compareAge);
  const matching = matcher(advertisements);
  const byAddress = new Map<Ip, Holder[]>();
  for (const service of services) {
    for (const ip of addressesOf(service)) {
      const pool = poolOf(ip, service, poolsByAge);
      const holder = { service, pool, advertisements: matching(service, pool) };
      const known = byAddress.get(ip);
      if (known === undefined) byAddress.set(ip, [holder]);
      else known.push(holder);
    }
  }
  return new Map([...byAddress].map(([ip, holders]) => [ip, withoutDuplicates(holders)]));
}

/** What the Service's status shows, each address once. */
export function addressesOf(service: ServiceView): ReadonlySet<Ip> {
  const addresses = new Set<Ip>();
  for (const entry of service.ingress) {
    const ip = 'ip' in entry ? parseIp(entry.ip) : undefined;
    if (ip !== undefined) addresses.add(ip);
  }
  return addresses;
}

/** The pool that the address was allocated from if it can still be seen, else the oldest that covers it. */
function poolOf(ip: Ip, service: ServiceView, poolsByAge: readonly Pool[]): Pool | undefined {
  const allocatedFrom = service.annotations[poolAnnotation];
  const family = familyOf(ip);
  const value = ipToNumber(ip);
  const named = poolsByAge.find((pool) => pool.name === allocatedFrom);
  // Of a frozen pool some entries did not parse: what was given from them stays in force.
  if (named !== undefined && (named.frozen !== undefined || covers(named, family, value))) return named;
  return poolsByAge.find((pool) => covers(pool, family, value));
}

function covers(pool: Pool, family: Family, value: bigint): boolean {
  return pool.ranges.some((range) => range.family === family && range.first <= value && value <= range.last);
}

/** Remembers what it found, by pool and by set: thousands of Services are matched by few advertisements. */
function matcher(advertisements: readonly L2Advertisement[]) {
  const ofPool = new Map<Pool, readonly L2Advertisement[]>();
  const sets = new Map<string, readonly L2Advertisement[]>();
  return (service: ServiceView, pool: Pool | undefined): readonly L2Advertisement[] => {
    if (pool === undefined) return [];
    let candidates = ofPool.get(pool);
    if (candidates === undefined) {
      candidates = advertisements.filter((advertisement) => advertisement.selectsPool(pool));
      ofPool.set(pool, candidates);
    }
    const matched = candidates.filter((advertisement) => advertisement.selectsService(service.labels));
    const set = matched.map(({ uid }) => uid).join();
    const known = sets.get(set);
    if (known !== undefined) return known;
    sets.set(set, matched);
    return matched;
  };
}

function withoutDuplicates(holders: readonly Holder[]): Holders {
  const sharing: Holder[] = [];
  const duplicates: Holder[] = [];
  for (const holder of holders.toSorted((a, b) => compareAge(a.service, b.service))) {
    const [oldest] = sharing;
    if (oldest === undefined || mayShare(oldest.service, holder.service)) sharing.push(holder);
    else duplicates.push(holder);
  }
  return { sharing, duplicates };
}

function mayShare(a: ServiceView, b: ServiceView): boolean {
  const key = sharingKey(a);
  return key !== '' && key === sharingKey(b);
}

/** The new name wins even when it is empty, which means no sharing. */
function sharingKey({ annotations }: ServiceView): string {
  return annotations[sharingAnnotation] ?? annotations[legacySharingAnnotation] ?? '';
}
