// How many routes a peer has given, for the one purpose of ending a session that gives too many (Cease 6/1): nothing else is ever made of
// them. Keeps prefixes only up to the limit, and none without one.
import type { Family } from '#shared/net/ip.ts';
import { families, familyOfAfiSafi } from './family.ts';
import { decodeNlri, type EncodedPrefix, type Nlri } from './nlri.ts';
import type { UpdateOutcome } from './update.ts';

export class ReceivedPrefixes {
  readonly #limit: number;
  readonly #families: readonly Family[];
  readonly #held: Readonly<Record<Family, Set<EncodedPrefix>>> = { IPv4: new Set(), IPv6: new Set() };

  /** `negotiated`: routes of other families have not been judged, and count for nothing. */
  constructor(limit: number, negotiated: readonly Family[]) {
    this.#limit = limit;
    this.#families = negotiated;
  }

  /** True when there are more than the limit now. */
  exceededBy({ message, consequence }: UpdateOutcome): boolean {
    this.#withdraw('IPv4', message.withdrawn);
    // A route that came malformed is gone, whatever it was (RFC 7606 §2).
    const take = (family: Family, nlri: Nlri): void =>
      consequence === 'treatAsWithdraw' ? this.#withdraw(family, nlri) : this.#announce(family, nlri);
    take('IPv4', message.nlri);
    for (const attribute of message.attributes) {
      if (attribute.kind !== 'mpReach' && attribute.kind !== 'mpUnreach') continue;
      const family = familyOfAfiSafi(attribute);
      if (family === undefined || !this.#families.includes(family)) continue;
      if (attribute.kind === 'mpReach') take(family, attribute.nlri);
      else this.#withdraw(family, attribute.withdrawn);
    }
    return families.reduce((sum, family) => sum + this.#held[family].size, 0) > this.#limit;
  }

  #announce(family: Family, nlri: Nlri): void {
    for (const prefix of decodeNlri(family, nlri)) {
      // One message more than the limit is no reason to keep all that it holds.
      if (this.#held[family].size > this.#limit) return;
      this.#held[family].add(prefix);
    }
  }

  #withdraw(family: Family, nlri: Nlri): void {
    for (const prefix of decodeNlri(family, nlri)) this.#held[family].delete(prefix);
  }
}
