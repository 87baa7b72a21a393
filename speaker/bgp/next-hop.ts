// Which next hop a peer is given (RFC 4271 §5.1.3, RFC 2545 §3, RFC 8950 §4): an address of this node that the peer can reach.
import { familyOf, ipToBytes, type Family, type Ip } from '#shared/net/ip.ts';
import type { Negotiated } from './negotiation.ts';
import type { Addresses } from './peer-state.ts';

/** How a family's routes go on the wire. */
export type Form =
  /** In the message itself; IPv4 only. */
  | 'classic'
  /** In MP_REACH_NLRI and MP_UNREACH_NLRI. */
  | 'multiprotocol';

export interface OutFamily {
  readonly form: Form;
  /** One address, or a global and a link-local one; or why there is none. */
  readonly nextHop: Uint8Array | NoNextHop;
}

/** The peer does not take IPv4 routes with IPv6 next hops; the interface has no IPv6 address to name; the address is no next hop. */
export type NoNextHop = 'extendedNextHopMissing' | 'noIPv6NextHop' | 'unusableAddress';

/** Of the interface that the session runs over. */
export interface InterfaceAddresses {
  /** The lowest that is not deprecated, tentative or temporary. */
  readonly globalIPv6: Ip | undefined;
}

export function outFamily(
  family: Family,
  { local, remote }: Addresses,
  { globalIPv6 }: InterfaceAddresses,
  { extendedNextHop, linkLocalNextHop }: Pick<Negotiated, 'extendedNextHop' | 'linkLocalNextHop'>,
): OutFamily {
  const transport = familyOf(local);
  if (transport === 'IPv4') {
    if (family === 'IPv4') return { form: 'classic', nextHop: usable(remote, local) };
    const nextHop = globalIPv6 === undefined ? 'noIPv6NextHop' : usable(remote, globalIPv6);
    return { form: 'multiprotocol', nextHop };
  }
  if (family === 'IPv4' && !extendedNextHop) return { form: 'multiprotocol', nextHop: 'extendedNextHopMissing' };
  if (!isLinkLocal(local)) return { form: 'multiprotocol', nextHop: usable(remote, local) };
  // Without the capability a lone link-local address is understood by nobody, so it stands in for the global one as well.
  const global = globalIPv6 ?? (linkLocalNextHop ? undefined : local);
  const nextHop = global === undefined ? usable(remote, local) : usable(remote, global, local);
  return { form: 'multiprotocol', nextHop };
}

function usable(remote: Ip, ...ips: readonly Ip[]): Uint8Array | NoNextHop {
  if (ips.includes(remote) || ips.some(isNoNextHop)) return 'unusableAddress';
  return Uint8Array.from(ips.flatMap((ip) => [...ipToBytes(ip)]));
}

/** Unspecified, loopback or multicast. */
function isNoNextHop(ip: Ip): boolean {
  const [first = 0] = ipToBytes(ip);
  if (familyOf(ip) === 'IPv4') return first === 0 || first === 127 || first >= 224;
  return ip === '::' || ip === '::1' || first === 0xff;
}

function isLinkLocal(ip: Ip): boolean {
  const [first = 0, second = 0] = ipToBytes(ip);
  return first === 0xfe && (second & 0xc0) === 0x80;
}
