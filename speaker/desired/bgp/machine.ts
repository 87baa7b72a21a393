// What of this machine's network matters to BGP (pure): what netlink tells, as the choice of peers and next hops wants it.
import { bitsOf, compareIps, familyOf, ipToNumber, isLinkLocalIp, type Ip } from '#shared/net/ip.ts';
import { rangeOfPrefix } from '#shared/net/range.ts';
import type { InterfaceAddresses } from '#speaker/bgp/next-hop.ts';
import type { HostNetworkState } from '#speaker/l2/host-network.ts';
import type { BgpMachine } from './peers.ts';

/** `routersOf`: link-local addresses of the routers heard on interfaces, by the interface's name. */
export function bgpMachine({ links, addresses }: HostNetworkState, routersOf: ReadonlyMap<string, Ip>): BgpMachine {
  const networks = addresses
    .filter(({ ip, prefixBits }) => prefixBits < bitsOf[familyOf(ip)])
    .map(({ ip, prefixBits }) => rangeOfPrefix({ ip, prefixBits }));
  return {
    addresses: new Set(addresses.map(({ ip }) => ip)),
    isOnLink(ip) {
      const [family, value] = [familyOf(ip), ipToNumber(ip)];
      return networks.some((range) => range.family === family && range.first <= value && value <= range.last);
    },
    vrfs: new Set([...links.values()].filter(({ kind }) => kind === 'vrf').map(({ name }) => name)),
    routersOf,
  };
}

/** Of the interface that has the address; of several that have it (a link-local one) that of the name given. */
export function interfaceAddresses(
  { links, addresses }: HostNetworkState,
  local: Ip,
  device: string | undefined,
): InterfaceAddresses {
  const holding = addresses.filter(({ ip }) => ip === local).map(({ interfaceIndex }) => interfaceIndex);
  const named = holding.find((index) => links.get(index)?.name === device) ?? holding[0];
  const [globalIPv6] = addresses
    .filter(({ ip, interfaceIndex }) => interfaceIndex === named && familyOf(ip) === 'IPv6' && !isLinkLocalIp(ip))
    .filter(({ temporary, deprecated, tentative, duplicate }) => !temporary && !deprecated && !tentative && !duplicate)
    .map(({ ip }) => ip)
    .toSorted(compareIps);
  return { globalIPv6 };
}
