// What is said of a route, whoever it is said to.
import {
  gracefulShutdown,
  sortCommunities,
  sortExtendedCommunities,
  sortLargeCommunities,
  type Community,
  type ExtendedCommunity,
  type LargeCommunity,
} from './community.ts';

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

export interface AttributeSet extends RouteAttributes {
  /** Equal for equal sets. */
  readonly key: string;
}

export const plainAttributes: RouteAttributes = {
  localPref: 100,
  multiExitDisc: undefined,
  asPathPrepend: 0,
  communities: [],
  extendedCommunities: [],
  largeCommunities: [],
};

/** What everybody is asked to use only while there is nothing else (RFC 8326). */
export function beforeShutdown(attributes: RouteAttributes): RouteAttributes {
  return { ...attributes, localPref: 0, communities: [...attributes.communities, gracefulShutdown] };
}

/** Communities in their order on the wire. */
export function attributeSet(attributes: RouteAttributes): AttributeSet {
  const sorted: RouteAttributes = {
    ...attributes,
    communities: sortCommunities(attributes.communities),
    extendedCommunities: sortExtendedCommunities(attributes.extendedCommunities),
    largeCommunities: sortLargeCommunities(attributes.largeCommunities),
  };
  return { ...sorted, key: keyOf(sorted) };
}

/** Far from it, a message has room for any prefix, whoever it is for: a bound that costs nothing to look at. */
const certainlyShortOctets = 2_000;

/** Whether it takes a look at the message itself to know that there is room for a prefix. */
export function mayBeTooLong(attributes: RouteAttributes): boolean {
  const { communities, extendedCommunities, largeCommunities, asPathPrepend } = attributes;
  const octets =
    4 * communities.length + 8 * extendedCommunities.length + 12 * largeCommunities.length + 8 * asPathPrepend;
  return octets > certainlyShortOctets;
}

function keyOf({ localPref, multiExitDisc, asPathPrepend, ...lists }: RouteAttributes): string {
  const large = lists.largeCommunities.map((one) => `${one.globalAdministrator}:${one.localData1}:${one.localData2}`);
  return [localPref, multiExitDisc ?? '-', asPathPrepend, lists.communities, lists.extendedCommunities, large].join(
    ' ',
  );
}
