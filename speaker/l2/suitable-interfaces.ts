// Which interfaces can carry announcements (pure): those on which an Ethernet LAN can be heard and spoken to.
import { familyOf, isLinkLocalIp, type Family } from '#shared/net/ip.ts';
import type { Mac } from '#shared/net/mac.ts';
import { rangeOfPrefix, type Prefix, type Range } from '#shared/net/range.ts';
import type { HostNetworkState, InterfaceAddress, Link } from './host-network.ts';

export interface SuitableInterface {
  readonly index: number;
  readonly name: string;
  readonly mac: Mac;
  readonly carrier: boolean;
  /** In which neighbours can be spoken to: for IPv6 it takes a link-local address (RFC 4861 §2.2). */
  readonly families: readonly Family[];
  /** Its own addresses that can be sent from, with their prefixes, as the system lists them. */
  readonly prefixes: readonly Prefix[];
  /** Prefixes that reach more than the interface itself. */
  readonly onLink: readonly Range[];
}

export interface UnsuitableInterface {
  readonly name: string;
  readonly mac: Mac;
  readonly reason: string;
}

export interface InterfaceChoice {
  readonly suitable: readonly SuitableInterface[];
  /** Ethernet interfaces that are not, and why. */
  readonly unsuitable: readonly UnsuitableInterface[];
}

/** A machine has few LANs; more than this many are its containers' own. */
export const maxInterfaces = 16;

/** Ordered by index, interfaces with an IPv4 prefix first. `excluded` are unanchored patterns for names. */
export function chooseInterfaces(network: HostNetworkState, excluded: readonly RegExp[]): InterfaceChoice {
  const suitable: SuitableInterface[] = [];
  const unsuitable: UnsuitableInterface[] = [];
  const addresses = Map.groupBy(network.addresses, ({ interfaceIndex }) => interfaceIndex);
  for (const link of [...network.links.values()].toSorted((a, b) => a.index - b.index)) {
    if (!link.ethernet || link.loopback || link.mac === undefined) continue;
    const own = addresses.get(link.index) ?? [];
    const reason = unsuitableBecause(link, own, network.links, excluded);
    if (reason !== undefined) unsuitable.push({ name: link.name, mac: link.mac, reason });
    else suitable.push(suitableInterface(link, link.mac, own));
  }
  const ordered = suitable.toSorted((a, b) => Number(b.onLink.some(isIpv4)) - Number(a.onLink.some(isIpv4)));
  const left = ordered.slice(maxInterfaces);
  const reason = `more than ${maxInterfaces} interfaces are suitable: exclude those that are no LAN`;
  return {
    suitable: ordered.slice(0, maxInterfaces),
    unsuitable: [...unsuitable, ...left.map(({ name, mac }) => ({ name, mac, reason }))],
  };
}

function suitableInterface(link: Link, mac: Mac, own: readonly InterfaceAddress[]): SuitableInterface {
  const onLink = own.filter(({ ip, prefixBits }) => prefixBits < (familyOf(ip) === 'IPv4' ? 32 : 128));
  return {
    index: link.index,
    name: link.name,
    mac,
    carrier: link.lowerUp,
    families: own.some(({ ip }) => isLinkLocalIp(ip)) ? ['IPv4', 'IPv6'] : ['IPv4'],
    prefixes: own.filter(isUsable).map(({ ip, prefixBits }) => ({ ip, prefixBits })),
    onLink: onLink.map(rangeOfPrefix),
  };
}

function unsuitableBecause(
  link: Link,
  own: readonly InterfaceAddress[],
  links: ReadonlyMap<number, Link>,
  excluded: readonly RegExp[],
): string | undefined {
  if (!link.up) return 'it is down';
  if (excluded.some((pattern) => pattern.test(link.name))) return 'its name is excluded';
  // Linux neither asks nor answers there by NDP either.
  if (link.noArp) return 'it does no ARP';
  if (link.master !== undefined) {
    const master = links.get(link.master);
    // Frames of a port are delivered to its master; a member of a VRF keeps its own.
    if (master?.kind !== 'vrf') return `it is a port of ${master?.name ?? `interface ${link.master}`}`;
  }
  const canBeHeard = own.some(({ ip }) => familyOf(ip) === 'IPv4' || isLinkLocalIp(ip));
  return canBeHeard ? undefined : 'it has neither an IPv4 nor an IPv6 link-local address';
}

/** Nobody else has it, as far as is known (RFC 4862 §5.4). */
function isUsable({ tentative, duplicate }: InterfaceAddress): boolean {
  return !tentative && !duplicate;
}

function isIpv4({ family }: Range): boolean {
  return family === 'IPv4';
}
