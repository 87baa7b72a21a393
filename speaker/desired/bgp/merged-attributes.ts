// What several advertisements say together of one prefix (pure): communities unite, everything else must agree.
import type { BGPAdvertisement } from '#shared/config/bgp-advertisement.ts';
import { parseCommunityValue, type CommunityValue } from '#shared/config/community.ts';
import type { RouteAttributes } from '#speaker/bgp/route-attributes.ts';

/** Fields of the API. */
export type AgreeingField = (typeof agreeing)[number];

const agreeing = ['localPref', 'med', 'asPathPrepend'] as const;

export type Merged = { readonly attributes: RouteAttributes } | { readonly conflict: AgreeingField };

/** At least one advertisement. A community's name that stands for nothing is left out: it is a problem of its advertisement. */
export function mergeAttributes(
  advertisements: readonly [BGPAdvertisement, ...BGPAdvertisement[]],
  aliases: ReadonlyMap<string, CommunityValue>,
): Merged {
  const [first, ...others] = advertisements;
  const conflict = agreeing.find((field) => others.some((other) => other[field] !== first[field]));
  if (conflict !== undefined) return { conflict };
  const values = advertisements
    .flatMap(({ communities }) => communities)
    .map((text) => aliases.get(text) ?? parseCommunityValue(text))
    .filter((value) => value !== undefined);
  return {
    attributes: {
      localPref: first.localPref,
      multiExitDisc: first.med,
      asPathPrepend: first.asPathPrepend,
      communities: values.flatMap((value) => (value.kind === 'standard' ? [value.community] : [])),
      extendedCommunities: [],
      largeCommunities: values.flatMap((value) => (value.kind === 'large' ? [value] : [])),
    },
  };
}
