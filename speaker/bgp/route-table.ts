// What a peer shall hold: prefixes with the attributes that they are to be announced with. Made once and shared by all peers it is for.
import type { Family } from '#shared/net/ip.ts';
import { families } from './family.ts';
import { familyRoutes, noRoutes, withSets, type FamilyRoutes } from './family-routes.ts';
import type { EncodedPrefix } from './nlri.ts';
import { attributeSet, beforeShutdown, type AttributeSet, type RouteAttributes } from './route-attributes.ts';

/** Each prefix belongs to one group. */
export interface RouteGroup {
  readonly attributes: RouteAttributes;
  readonly prefixes: Readonly<Record<Family, readonly EncodedPrefix[]>>;
}

export type RouteTable = Readonly<Record<Family, FamilyRoutes>>;

export const emptyTable: RouteTable = { IPv4: noRoutes, IPv6: noRoutes };

/** Shares with `before` what is alike: a peer that holds that one is brought to this one at the cost of the difference. */
export function routeTable(groups: readonly RouteGroup[], before = emptyTable): RouteTable {
  const routes = { IPv4: new Map<EncodedPrefix, AttributeSet>(), IPv6: new Map<EncodedPrefix, AttributeSet>() };
  for (const { attributes, prefixes } of groups) {
    const set = attributeSet(attributes);
    for (const family of families) {
      for (const prefix of prefixes[family]) routes[family].set(prefix, set);
    }
  }
  return { IPv4: familyRoutes(routes.IPv4, before.IPv4), IPv6: familyRoutes(routes.IPv6, before.IPv6) };
}

/** The same routes, of which everybody is asked to use others (RFC 8326). */
export function tableBeforeShutdown({ IPv4, IPv6 }: RouteTable): RouteTable {
  return { IPv4: withSets(IPv4, setBeforeShutdown), IPv6: withSets(IPv6, setBeforeShutdown) };
}

function setBeforeShutdown(set: AttributeSet): AttributeSet {
  return attributeSet(beforeShutdown(set));
}
