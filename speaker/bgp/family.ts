// Address families on the wire: AFI and SAFI (RFC 4760 §3). We carry unicast of both; what a peer names beyond that is kept as numbers.
import type { Family } from '#shared/net/ip.ts';

export interface AfiSafi {
  readonly afi: number;
  readonly safi: number;
}

/** In the order in which we name and serve them. */
export const families: readonly Family[] = ['IPv4', 'IPv6'];

export const unicast: Readonly<Record<Family, AfiSafi>> = { IPv4: { afi: 1, safi: 1 }, IPv6: { afi: 2, safi: 1 } };

/** Undefined when it is none of ours. */
export function familyOfAfiSafi({ afi, safi }: AfiSafi): Family | undefined {
  if (safi !== 1) return undefined;
  return afi === 1 ? 'IPv4' : afi === 2 ? 'IPv6' : undefined;
}
