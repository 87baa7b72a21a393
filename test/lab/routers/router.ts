// A router of somebody else's making, as tests see it: told about its neighbours, asked what it holds by its own command line.
import type { Family } from '#shared/net/ip.ts';

export interface Neighbour {
  /** The other side; with a length, anybody from there. */
  readonly address: string;
  /** Of the other side; the router's own one for a session within the AS. */
  readonly asn: number;
  readonly families: readonly Family[];
  /** It dials too, instead of waiting to be dialled. */
  readonly dials?: true;
  readonly password?: string;
  /** Takes nothing that has been routed on its way (RFC 5082). */
  readonly ttlSecurity?: true;
  /** IPv4 with IPv6 next hops (RFC 8950). */
  readonly extendedNextHop?: true;
  readonly bfd?: BfdTimes;
}

export interface BfdTimes {
  readonly intervalMs: number;
  readonly multiplier: number;
}

export interface RouterConfig {
  readonly asn: number;
  /** Of the router, and its identifier. */
  readonly address: string;
  readonly addressIPv6: string;
  /** The interface with those addresses. */
  readonly interface: string;
  readonly neighbours: readonly Neighbour[];
}

export interface RouterSession {
  readonly address: string;
  readonly isEstablished: boolean;
  /** As the router says it. */
  readonly state: string;
}

/** What a router holds for a prefix, from one neighbour. */
export interface HeldRoute {
  readonly prefix: string;
  readonly nextHop: string;
  /** Its neighbour is away, and it is kept until that one is back or does not come (RFC 4724). */
  readonly isStale: boolean;
}

/** All that is said of a route; undefined is what is not said. */
export interface RouteDetails {
  readonly asPath: readonly number[];
  readonly localPref: number | undefined;
  readonly multiExitDisc: number | undefined;
  /** `64513:100`, in their order on the wire. */
  readonly communities: readonly string[];
  /** `64513:1:2` */
  readonly largeCommunities: readonly string[];
}

export interface Router {
  /** `FRR 10.7.1` */
  readonly name: string;
  sessions(): Promise<readonly RouterSession[]>;
  /** Sorted by prefix. */
  rib(family: Family): Promise<readonly HeldRoute[]>;
  /** Of one that it holds. */
  details(prefix: string): Promise<RouteDetails>;
  /** Asks a neighbour for all its routes once more (RFC 2918). */
  refresh(neighbour: string): Promise<void>;
  /** Ends it, and what it has left. */
  stop(): Promise<void>;
}

/** Where a router is to run. */
export interface RouterPlace {
  /** Of the network. */
  readonly namespace: string;
  readonly config: RouterConfig;
}

export function familyOfPrefix(prefix: string): Family {
  return prefix.includes(':') ? 'IPv6' : 'IPv4';
}

export function byPrefix(a: HeldRoute, b: HeldRoute): number {
  return a.prefix < b.prefix ? -1 : a.prefix > b.prefix ? 1 : 0;
}
