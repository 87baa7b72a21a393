// Who holds which address while one plan is made.
import type { Ip } from '#shared/net/ip.ts';
import type { Address } from './address.ts';
import { addressInUse, type Refusal } from './refusals.ts';
import type { Request } from './request.ts';
import { notShared, sharingMismatch, type Sharing } from './sharing.ts';

/** Services on one address. */
const mostHolders = 256;

/** Of an address that is shared. Holders agree in sharing key and backend, so that one check answers for all of them. */
interface Tenancy {
  readonly sharing: Sharing;
  readonly holders: Set<Request>;
  readonly byPort: Map<string, Request>;
}

export interface Clash {
  readonly holder: Request;
  readonly refusal: Refusal;
}

export class Occupancy {
  /** Most addresses have one holder, which does not share. */
  readonly #alone = new Map<Ip, Request>();
  readonly #tenancies = new Map<Ip, Tenancy>();
  #lookups = 0;

  /** How often an address was looked at: the measure of a plan's work. */
  get lookups(): number {
    return this.#lookups;
  }

  isFree({ ip }: Address): boolean {
    this.#lookups++;
    return !this.#alone.has(ip) && !this.#tenancies.has(ip);
  }

  /** Why the Service may not hold the address beside those that hold it. */
  clash(address: Address, request: Request): Clash | undefined {
    this.#lookups++;
    const alone = this.#alone.get(address.ip);
    if (alone !== undefined) return clashWith(alone, address, notShared);
    const tenancy = this.#tenancies.get(address.ip);
    return tenancy && clashInTenancy(address, request, tenancy);
  }

  /** True when nobody held it before. The caller has made sure that there is no clash. */
  hold({ ip }: Address, request: Request): boolean {
    if (request.sharing.key === '') {
      this.#alone.set(ip, request);
      return true;
    }
    const existing = this.#tenancies.get(ip);
    const tenancy = existing ?? { sharing: request.sharing, holders: new Set(), byPort: new Map() };
    if (existing === undefined) this.#tenancies.set(ip, tenancy);
    tenancy.holders.add(request);
    for (const port of request.sharing.ports) tenancy.byPort.set(port, request);
    return existing === undefined;
  }

  /** Of an address that the Service holds. */
  release({ ip }: Address, request: Request): void {
    this.#alone.delete(ip);
    const tenancy = this.#tenancies.get(ip);
    if (tenancy === undefined) return;
    tenancy.holders.delete(request);
    for (const port of request.sharing.ports) tenancy.byPort.delete(port);
    if (tenancy.holders.size === 0) this.#tenancies.delete(ip);
  }
}

function clashInTenancy(address: Address, request: Request, { sharing, holders, byPort }: Tenancy): Clash | undefined {
  const [first = request] = holders;
  const mismatch = sharingMismatch(request.sharing, sharing);
  if (mismatch !== undefined) return clashWith(first, address, mismatch);
  for (const port of request.sharing.ports) {
    const holder = byPort.get(port);
    if (holder !== undefined) return clashWith(holder, address, `port ${port} is already in use on "${address.ip}"`);
  }
  return holders.size < mostHolders ? undefined : clashWith(first, address, `${mostHolders} Services share it already`);
}

function clashWith(holder: Request, address: Address, why: string): Clash {
  return { holder, refusal: addressInUse(address, holder.service.key, why) };
}
