// What was accepted: for each Service what it asked for when its addresses were last stored. After a restart it is rebuilt from the status.
import type { Address } from './allocation/address.ts';
import type { Request } from './allocation/request.ts';
import type { Accepted, AcceptedRequest, Plan } from './plan.ts';
import { shownIps } from './service/events.ts';

export class Ledger {
  readonly #entries = new Map<string, AcceptedRequest>();

  get accepted(): Accepted {
    return this.#entries;
  }

  accept({ service, fingerprint }: Request, addresses: readonly Address[]): void {
    const before = this.#entries.get(service.uid);
    const isSame =
      before?.fingerprint === fingerprint &&
      before.addresses.length === addresses.length &&
      addresses.every(({ ip }) => before.addresses.includes(ip));
    if (!isSame) this.#entries.set(service.uid, { fingerprint, addresses: addresses.map(({ ip }) => ip) });
  }

  /**
   * Accepts what the plan left as the status shows it. A Service that holds nothing is known too: when it shows an address that another leader
   * gave it, it did not change what it asks for.
   */
  acceptShown({ decisions }: Plan): void {
    for (const { request, addresses } of decisions.values()) {
      const shown = shownIps(request.service);
      const isShown = shown.length === addresses.length && addresses.every(({ ip }) => shown.includes(ip));
      if (isShown) this.accept(request, addresses);
      else if (shown.length === 0) this.accept(request, []);
    }
  }

  forget(uid: string): void {
    this.#entries.delete(uid);
  }
}
