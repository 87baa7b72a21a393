// Whether an unnumbered BGP peer can be spoken to on an interface (pure; spec/bgp §12): what netlink tells, and what to do where it cannot.
import { isLinkLocalIp, type Ip } from '#shared/net/ip.ts';
import type { HostNetworkState, InterfaceAddress, Link } from './host-network.ts';
import type { LinkSpeaker } from './router-message.ts';

export type RouterLink =
  | { readonly kind: 'usable'; readonly index: number; readonly self: LinkSpeaker }
  /** Undefined: it will be in a moment. */
  | { readonly kind: 'unusable'; readonly problem: string | undefined };

/** `before`: the address used so far; it stays while it can, for a peer knows this node by it. */
export function routerLink(name: string, network: HostNetworkState, before: Ip | undefined): RouterLink {
  const link = [...network.links.values()].find((one) => one.name === name);
  if (link === undefined) {
    return unusable(`there is no interface ${name}: correct spec.interface of the BGPPeer, or select other nodes`);
  }
  const { index, mac } = link;
  const problem = problemOf(link, network.links);
  if (problem !== undefined) return unusable(problem);
  if (mac === undefined || !link.ethernet || link.loopback || link.noArp) {
    return unusable(`${name} is no Ethernet interface: an unnumbered BGPPeer needs one, or give a peerAddress instead`);
  }
  const own = network.addresses.filter(({ interfaceIndex, ip }) => interfaceIndex === index && isLinkLocalIp(ip));
  const usable = own.filter(({ tentative, duplicate }) => !tentative && !duplicate);
  const chosen = usable.find(({ ip }) => ip === before) ?? usable.find(({ deprecated }) => !deprecated) ?? usable[0];
  if (chosen !== undefined) return { kind: 'usable', index, self: { mac, ip: chosen.ip } };
  return unusable(addressProblem(name, own));
}

function unusable(problem: string | undefined): RouterLink {
  return { kind: 'unusable', problem };
}

function problemOf({ name, up, lowerUp, master }: Link, links: HostNetworkState['links']): string | undefined {
  if (!up) return `${name} is down: switch it on (ip link set ${name} up)`;
  if (!lowerUp) return `${name} has no carrier: check the cable and the port of the router`;
  const over = master === undefined ? undefined : links.get(master);
  // What comes to a port is its master's; a member of a VRF keeps its own.
  if (master === undefined || over?.kind === 'vrf') return undefined;
  return `${name} is a port of ${over?.name ?? `interface ${master}`}: give that one as spec.interface of the BGPPeer`;
}

function addressProblem(name: string, own: readonly InterfaceAddress[]): string | undefined {
  if (own.length === 0) {
    return `${name} has no IPv6 link-local address: switch IPv6 on there (sysctl net.ipv6.conf.${name}.disable_ipv6=0)`;
  }
  // Whether anybody else has it takes a second to find out (RFC 4862 §5.4).
  if (own.some(({ duplicate }) => !duplicate)) return undefined;
  return `${name}: another station has its link-local address ${own[0]?.ip}: give one of them another MAC address`;
}
