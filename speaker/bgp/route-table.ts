// What a peer shall hold: prefixes with the attributes that they are to be announced with. Made once and shared by all peers it is for.
import type { Family } from '#shared/net/ip.ts';
import {
  gracefulShutdown,
  sortCommunities,
  sortExtendedCommunities,
  sortLargeCommunities,
  type Community,
  type ExtendedCommunity,
  type LargeCommunity,
} from './community.ts';
import { families } from './family.ts';
import type { EncodedPrefix } from './nlri.ts';

/** What is said of a route that does not depend on whom it is said to. */
export interface RouteAttributes {
  /** Told to peers of our own AS only. */
  readonly localPref: number;
  readonly multiExitDisc: number | undefined;
  /** How often our AS stands in the path beyond the once that it must. */
  readonly asPathPrepend: number;
  readonly communities: readonly Community[];
  readonly extendedCommunities: readonly ExtendedCommunity[];
  readonly largeCommunities: readonly LargeCommunity[];
}

export const plainAttributes: RouteAttributes = {
  localPref: 100,
  multiExitDisc: undefined,
  asPathPrepend: 0,
  communities: [],
  extendedCommunities: [],
  largeCommunities: [],
};

/** Each prefix belongs to one group. */
export interface RouteGroup {
  readonly attributes: RouteAttributes;
  readonly prefixes: Readonly<Record<Family, readonly EncodedPrefix[]>>;
}

export interface AttributeSet extends RouteAttributes {
  /** Equal for equal sets. */
  readonly key: string;
}

export type FamilyRoutes = ReadonlyMap<EncodedPrefix, AttributeSet>;
export type RouteTable = Readonly<Record<Family, FamilyRoutes>>;

/** What everybody is asked to use only while there is nothing else (RFC 8326). */
export function beforeShutdown(attributes: RouteAttributes): RouteAttributes {
  return { ...attributes, localPref: 0, communities: [...attributes.communities, gracefulShutdown] };
}

export function routeTable(groups: readonly RouteGroup[]): RouteTable {
  const table = { IPv4: new Map<EncodedPrefix, AttributeSet>(), IPv6: new Map<EncodedPrefix, AttributeSet>() };
  for (const { attributes, prefixes } of groups) {
    const set = attributeSet(attributes);
    for (const family of families) {
      for (const prefix of prefixes[family]) table[family].set(prefix, set);
    }
  }
  return table;
}

function attributeSet(attributes: RouteAttributes): AttributeSet {
  const sorted: RouteAttributes = {
    ...attributes,
    communities: sortCommunities(attributes.communities),
    extendedCommunities: sortExtendedCommunities(attributes.extendedCommunities),
    largeCommunities: sortLargeCommunities(attributes.largeCommunities),
  };
  return { ...sorted, key: keyOf(sorted) };
}

function keyOf({ localPref, multiExitDisc, asPathPrepend, ...lists }: RouteAttributes): string {
  const large = lists.largeCommunities.map((one) => `${one.globalAdministrator}:${one.localData1}:${one.localData2}`);
  return [localPref, multiExitDisc ?? '-', asPathPrepend, lists.communities, lists.extendedCommunities, large].join(
    ' ',
  );
}
