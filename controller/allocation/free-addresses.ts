// The first address of a pool that nobody holds. During a plan addresses are only taken, so the search never has to begin anew: each address
// that is held is passed once, however many Services ask.
import type { Family } from '#shared/net/ip.ts';
import { addressAt, type Address } from './address.ts';
import type { Occupancy } from './occupancy.ts';
import { isAvoided, type PoolSpace, type Span } from './pool-space.ts';

export class FreeAddresses {
  readonly #space: PoolSpace;
  readonly #family: Family;
  readonly #occupancy: Occupancy;
  readonly #spans: readonly Span[];
  #span = 0;
  #candidate: Address | undefined;

  constructor(space: PoolSpace, family: Family, occupancy: Occupancy) {
    this.#space = space;
    this.#family = family;
    this.#occupancy = occupancy;
    this.#spans = space.given[family];
    this.#candidate = this.#firstOf(this.#spans[0]);
  }

  /** It stays the first until somebody holds it. */
  first(): Address | undefined {
    while (this.#candidate !== undefined && !this.#isUsable(this.#candidate))
      this.#candidate = this.#after(this.#candidate);
    return this.#candidate;
  }

  #isUsable(address: Address): boolean {
    return !isAvoided(this.#space.pool, address) && this.#occupancy.isFree(address);
  }

  #after({ value }: Address): Address | undefined {
    const span = this.#spans[this.#span];
    if (span !== undefined && value < span.last) return addressAt(this.#family, value + 1n);
    return this.#firstOf(this.#spans[++this.#span]);
  }

  #firstOf(span: Span | undefined): Address | undefined {
    return span && addressAt(this.#family, span.first);
  }
}
