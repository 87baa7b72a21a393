// What an Established connection means for what is announced over it (pure).
import { outFamily, type InterfaceAddresses } from './next-hop.ts';
import type { OutSession } from './out-plan.ts';
import type { AgreedConnection } from './peer-state.ts';

export function outSession(
  { addresses, negotiated }: AgreedConnection,
  localAsn: number,
  interfaceAddresses: InterfaceAddresses,
): OutSession {
  const { families, internal, fourOctetAs, extendedMessage, enhancedRouteRefresh } = negotiated;
  return {
    localAsn,
    internal,
    fourOctetAs,
    extendedMessage,
    enhancedRouteRefresh,
    families: new Map(
      families.map((family) => [family, outFamily(family, addresses, interfaceAddresses, negotiated)] as const),
    ),
  };
}
