// The addresses held under one sharing key (of one pool, family and backend), in the order in which the pool gives them out.
import type { Address } from './address.ts';
import type { Occupancy } from './occupancy.ts';
import type { Request } from './request.ts';

/** Where an address stands in its pool: the entry, then the address itself. */
export interface Place {
  readonly address: Address;
  readonly rank: number;
}

export function comparePlaces(a: Place, b: Place): number {
  if (a.rank !== b.rank) return a.rank - b.rank;
  if (a.address.value === b.address.value) return 0;
  return a.address.value < b.address.value ? -1 : 1;
}

export class ShareableAddresses {
  readonly #occupancy: Occupancy;
  readonly #places: Place[] = [];
  #inOrder = true;
  /** By set of ports: places before this one have no room for them. Addresses only fill up, so nobody looks at them again. */
  readonly #passed = new Map<string, number>();

  constructor(occupancy: Occupancy) {
    this.#occupancy = occupancy;
  }

  add(place: Place): void {
    const last = this.#places.at(-1);
    if (last !== undefined && comparePlaces(last, place) > 0) this.#inOrder = false;
    this.#places.push(place);
  }

  /** The first with room for the Service. */
  first(request: Request): Place | undefined {
    if (!this.#inOrder) this.#sort();
    const ports = request.sharing.ports.join();
    let index = this.#passed.get(ports) ?? 0;
    for (; index < this.#places.length; index++) {
      const place = this.#places[index];
      if (place !== undefined && this.#occupancy.clash(place.address, request) === undefined) break;
    }
    this.#passed.set(ports, index);
    return this.#places[index];
  }

  /** Room was made: looks at all places again. */
  rewind(): void {
    this.#passed.clear();
  }

  #sort(): void {
    this.#places.sort(comparePlaces);
    this.#inOrder = true;
    this.rewind();
  }
}
