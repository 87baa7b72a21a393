// What people are told of Services that BGP announces: to which peers, as what those hold and not as what they shall hold.
import type { BGPAdvertisement } from '#shared/config/bgp-advertisement.ts';
import type { ServiceView } from '#shared/kube/objects/service.ts';
import { compareIps, familyOf, type Family, type Ip } from '#shared/net/ip.ts';
import { deepEqual } from '#shared/runtime/equal.ts';
import { attributesOf } from '../../bgp/family-routes.ts';
import { encodePrefix, type EncodedPrefix } from '../../bgp/nlri.ts';
import type { RouteTable } from '../../bgp/route-table.ts';
import type { BgpView } from '../../bgp-view.ts';
import { addressesOf } from '../../desired/holders.ts';

/** A Service that some peer has been told of. */
export interface ShownRoutes {
  readonly service: ServiceView;
  /** Of the Service, those that lead here: IPv4 first. */
  readonly ips: readonly Ip[];
  /** Names of the BGPPeers that hold a prefix of it, sorted. */
  readonly peers: readonly string[];
}

type Advertisements = readonly Pick<BGPAdvertisement, 'aggregationLength'>[];

interface Told {
  readonly peersOfService: BgpView['peersOfService'];
  readonly advertisements: Advertisements;
  /** What peers hold. */
  readonly tables: ReadonlyMap<string, RouteTable>;
}

/** An address of a Service, with the prefixes that it may be announced with. */
interface Address {
  readonly ip: Ip;
  readonly prefixes: readonly EncodedPrefix[];
}

/** The same result, in identity too, as long as nothing changes in it. */
export class RoutesShown {
  #told: Told | undefined;
  /** There are thousands, and any of them may be what changes. */
  #addresses = new WeakMap<ServiceView, readonly Address[]>();
  #shown: readonly ShownRoutes[] = [];

  of({ peersOfService, peers }: BgpView, advertisements: Advertisements): readonly ShownRoutes[] {
    const tables = new Map(
      peers.flatMap(({ name, session }) => (session?.state === 'Established' ? [[name, session.held] as const] : [])),
    );
    const told = { peersOfService, advertisements, tables };
    const before = this.#told;
    if (before !== undefined && isSame(told, before)) return this.#shown;
    if (before?.advertisements !== advertisements) this.#addresses = new WeakMap();
    this.#told = told;
    const shown = this.#find(told);
    if (!sameShown(shown, this.#shown)) this.#shown = shown;
    return this.#shown;
  }

  #find({ peersOfService, advertisements, tables }: Told): readonly ShownRoutes[] {
    const lengths = lengthsOf(advertisements);
    return [...peersOfService].flatMap(([service, names]) => {
      const addresses = this.#addresses.get(service) ?? addressesWith(service, lengths);
      this.#addresses.set(service, addresses);
      const ips = new Set<Ip>();
      const peers = names.filter((name) => {
        const held = addresses.filter((address) => isHeld(address, tables.get(name)));
        for (const { ip } of held) ips.add(ip);
        return held.length > 0;
      });
      return peers.length === 0 ? [] : [{ service, ips: [...ips].toSorted(compareIps), peers }];
    });
  }
}

function isSame(a: Told, b: Told): boolean {
  return (
    a.peersOfService === b.peersOfService &&
    a.advertisements === b.advertisements &&
    a.tables.size === b.tables.size &&
    [...a.tables].every(([name, { IPv4, IPv6 }]) => {
      const other = b.tables.get(name);
      return IPv4 === other?.IPv4 && IPv6 === other.IPv6;
    })
  );
}

function sameShown(a: readonly ShownRoutes[], b: readonly ShownRoutes[]): boolean {
  return (
    a.length === b.length &&
    a.every((one, at) => {
      const other = b[at];
      return one.service === other?.service && deepEqual(one.ips, other.ips) && deepEqual(one.peers, other.peers);
    })
  );
}

type Lengths = Readonly<Record<Family, ReadonlySet<number>>>;

function lengthsOf(advertisements: Advertisements): Lengths {
  return {
    IPv4: new Set(advertisements.map(({ aggregationLength }) => aggregationLength.IPv4)),
    IPv6: new Set(advertisements.map(({ aggregationLength }) => aggregationLength.IPv6)),
  };
}

function addressesWith(service: ServiceView, lengths: Lengths): readonly Address[] {
  return Array.from(addressesOf(service), (ip) => ({
    ip,
    prefixes: Array.from(lengths[familyOf(ip)], (prefixBits) => encodePrefix({ ip, prefixBits })),
  }));
}

function isHeld({ ip, prefixes }: Address, table: RouteTable | undefined): boolean {
  return table !== undefined && prefixes.some((prefix) => attributesOf(table[familyOf(ip)], prefix) !== undefined);
}
