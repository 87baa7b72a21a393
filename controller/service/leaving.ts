// Addresses that the apiserver may still show for a Service that is to have them no longer: nobody else gets them before.
import type { ObjectKey } from '#shared/kube/objects/view.ts';
import type { Ip } from '#shared/net/ip.ts';

export class Leaving {
  readonly #ipsOf = new Map<ObjectKey, readonly Ip[]>();
  readonly #holdersOf = new Map<Ip, Set<ObjectKey>>();

  /** All that leave this Service. */
  set(key: ObjectKey, ips: readonly Ip[]): void {
    for (const ip of this.#ipsOf.get(key) ?? []) this.#remove(ip, key);
    if (ips.length === 0) this.#ipsOf.delete(key);
    else this.#ipsOf.set(key, ips);
    for (const ip of ips) this.#holdersOf.set(ip, (this.#holdersOf.get(ip) ?? new Set()).add(key));
  }

  /** Whom the address leaves, other than this one. */
  from(ip: Ip, other: ObjectKey): ObjectKey | undefined {
    return this.#holdersOf
      .get(ip)
      ?.values()
      .find((key) => key !== other);
  }

  clear(): void {
    this.#ipsOf.clear();
    this.#holdersOf.clear();
  }

  #remove(ip: Ip, key: ObjectKey): void {
    const holders = this.#holdersOf.get(ip);
    holders?.delete(key);
    if (holders?.size === 0) this.#holdersOf.delete(ip);
  }
}
