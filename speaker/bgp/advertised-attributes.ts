// The path attributes of what we originate, as one peer gets them (RFC 4271 §5.1), in ascending order of their types. MP_REACH_NLRI is not
// among them: it holds the prefixes, so it is made with the message.
import { ipFromBytes } from '#shared/net/ip.ts';
import { needsFourOctets, originatedPath, twoOctetPath } from './as-path.ts';
import type { AttributeContext } from './attribute-table.ts';
import type { Attribute } from './attribute.ts';
import type { RouteAttributes } from './route-attributes.ts';

export interface Audience extends AttributeContext {
  /** Ours towards this peer. */
  readonly localAsn: number;
}

/** `nextHop`: of the classic form. */
export function advertisedAttributes(
  route: RouteAttributes,
  { localAsn, internal, fourOctetAs }: Audience,
  nextHop: Uint8Array | undefined,
): readonly Attribute[] {
  const { multiExitDisc, communities, extendedCommunities, largeCommunities } = route;
  const path = internal ? [] : originatedPath(localAsn, 1 + route.asPathPrepend);
  const hidesAsns = !fourOctetAs && needsFourOctets(path);
  const attributes: readonly (Attribute | undefined)[] = [
    { kind: 'origin', origin: 'igp' },
    { kind: 'asPath', path: hidesAsns ? twoOctetPath(path) : path },
    nextHop && { kind: 'nextHop', ip: ipFromBytes(nextHop) },
    multiExitDisc === undefined ? undefined : { kind: 'multiExitDisc', value: multiExitDisc },
    internal ? { kind: 'localPref', value: route.localPref } : undefined,
    communities.length > 0 ? { kind: 'communities', communities } : undefined,
    extendedCommunities.length > 0 ? { kind: 'extendedCommunities', communities: extendedCommunities } : undefined,
    hidesAsns ? { kind: 'as4Path', path } : undefined,
    largeCommunities.length > 0 ? { kind: 'largeCommunities', communities: largeCommunities } : undefined,
  ];
  return attributes.filter((attribute) => attribute !== undefined);
}
