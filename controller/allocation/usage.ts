// How many addresses pools have and how many are in use. Counted by arithmetic, never by enumeration; exact inside, saturated at 2^53 − 1 outside.
import type { Family, Ip } from '#shared/net/ip.ts';
import type { Address } from './address.ts';
import type { PoolSpace, Span } from './pool-space.ts';
import type { Request } from './request.ts';

export interface FamilyUsage {
  readonly capacity: number;
  /** Distinct addresses that Services hold. */
  readonly assigned: number;
  readonly available: number;
}

export interface PoolUsage {
  readonly families: Readonly<Record<Family, FamilyUsage>>;
  /** Services that hold an address of the pool. */
  readonly services: number;
}

const largest = BigInt(Number.MAX_SAFE_INTEGER);

const capacities = new WeakMap<PoolSpace, Readonly<Record<Family, number>>>();

/** Distinct addresses of all entries. */
export function capacityOf(space: PoolSpace, family: Family): number {
  const known = capacities.get(space) ?? { IPv4: countOf(space, 'IPv4'), IPv6: countOf(space, 'IPv6') };
  capacities.set(space, known);
  return known[family];
}

/** The count of one pool. */
export class UsageCount {
  readonly #shared = new Set<Ip>();
  readonly #assigned: Record<Family, number> = { IPv4: 0, IPv6: 0 };
  #services = 0;

  add({ sharing }: Request, addresses: readonly Address[]): void {
    this.#services++;
    for (const { ip, family } of addresses) {
      if (sharing.key !== '' && this.#shared.has(ip)) continue;
      if (sharing.key !== '') this.#shared.add(ip);
      this.#assigned[family]++;
    }
  }

  of(space: PoolSpace): PoolUsage {
    const families = { IPv4: this.#family(space, 'IPv4'), IPv6: this.#family(space, 'IPv6') };
    return { families, services: this.#services };
  }

  #family(space: PoolSpace, family: Family): FamilyUsage {
    const capacity = capacityOf(space, family);
    const assigned = this.#assigned[family];
    const isSaturated = capacity === Number.MAX_SAFE_INTEGER;
    // A pool with an error may be held more than its readable entries cover.
    return { capacity, assigned, available: isSaturated ? capacity : Math.max(0, capacity - assigned) };
  }
}

function countOf({ pool, held }: PoolSpace, family: Family): number {
  let count = 0n;
  for (const span of held[family]) {
    count += span.last - span.first + 1n - (pool.avoidBuggyIPs && family === 'IPv4' ? buggyIn(span) : 0n);
  }
  return Number(count < largest ? count : largest);
}

/** How many addresses of the span end in .0 or .255. */
function buggyIn({ first, last }: Span): bigint {
  return multiplesOf256(first, last) + multiplesOf256(first + 1n, last + 1n);
}

function multiplesOf256(from: bigint, to: bigint): bigint {
  return to / 256n - (from + 255n) / 256n + 1n;
}
