// What can still be had: of each pool and family the lower of the first free address and the first that may be shared.
import type { Family } from '#shared/net/ip.ts';
import type { Address } from './address.ts';
import { FreeAddresses } from './free-addresses.ts';
import { Occupancy, type Clash } from './occupancy.ts';
import { isAvoided, type PoolSpace } from './pool-space.ts';
import type { Request } from './request.ts';
import { comparePlaces, ShareableAddresses } from './shareable-addresses.ts';
import type { Sharing } from './sharing.ts';
import { giverOf, type Territory } from './territory.ts';

export class Supply {
  readonly #territory: Territory;
  readonly #occupancy = new Occupancy();
  readonly #free = new Map<string, FreeAddresses>();
  readonly #shareable = new Map<string, ShareableAddresses>();
  /** By list of pools and families: how many pools at its head have nothing free. */
  readonly #emptyHeads = new Map<readonly PoolSpace[], Map<string, number>>();

  constructor(territory: Territory) {
    this.#territory = territory;
  }

  /** How often an address was looked at. */
  get lookups(): number {
    return this.#occupancy.lookups;
  }

  /** The address that the Service would get from this pool. */
  first(space: PoolSpace, family: Family, request: Request): Address | undefined {
    const free = this.#freeOf(space, family).first();
    if (request.sharing.key === '') return free;
    const shared = this.#shareable.get(shareableKey(space.pool.name, family, request.sharing))?.first(request);
    if (free === undefined || shared === undefined) return free ?? shared?.address;
    const rank = giverOf(this.#territory, free)?.rank ?? 0;
    return comparePlaces(shared, { address: free, rank }) < 0 ? shared.address : free;
  }

  /**
   * The first pool of the list with a free address of each of the families. Pools that ran empty are not asked again, however many Services
   * try the same list.
   */
  firstGiving(list: readonly PoolSpace[], families: readonly Family[]): PoolSpace | undefined {
    const byFamilies = this.#emptyHeads.get(list) ?? new Map<string, number>();
    this.#emptyHeads.set(list, byFamilies);
    const key = families.join();
    let head = byFamilies.get(key) ?? 0;
    while (head < list.length && !this.#hasFree(list[head], families)) head++;
    byFamilies.set(key, head);
    return list[head];
  }

  clash(address: Address, request: Request): Clash | undefined {
    return this.#occupancy.clash(address, request);
  }

  hold(address: Address, request: Request): void {
    const isFirst = this.#occupancy.hold(address, request);
    if (isFirst && request.sharing.key !== '') this.#offerToShare(address, request.sharing);
  }

  /** What is given back is found again after `rewind`. */
  release(address: Address, request: Request): void {
    this.#occupancy.release(address, request);
  }

  rewind(): void {
    this.#free.clear();
    this.#emptyHeads.clear();
    for (const shareable of this.#shareable.values()) shareable.rewind();
  }

  #hasFree(space: PoolSpace | undefined, families: readonly Family[]): boolean {
    return space !== undefined && families.every((family) => this.#freeOf(space, family).first() !== undefined);
  }

  #freeOf(space: PoolSpace, family: Family): FreeAddresses {
    const key = `${family} ${space.pool.name}`;
    const known = this.#free.get(key);
    if (known !== undefined) return known;
    const free = new FreeAddresses(space, family, this.#occupancy);
    this.#free.set(key, free);
    return free;
  }

  #offerToShare(address: Address, sharing: Sharing): void {
    const giver = giverOf(this.#territory, address);
    if (giver === undefined || isAvoided(giver.pool, address)) return;
    const key = shareableKey(giver.pool.name, address.family, sharing);
    const shareable = this.#shareable.get(key) ?? new ShareableAddresses(this.#occupancy);
    this.#shareable.set(key, shareable);
    shareable.add({ address, rank: giver.rank });
  }
}

function shareableKey(pool: string, family: Family, { key, backend }: Sharing): string {
  return JSON.stringify([pool, family, key, backend]);
}
