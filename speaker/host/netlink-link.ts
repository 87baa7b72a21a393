// Interfaces in netlink (rtnetlink(7), struct ifinfomsg).
//
//  +---------------+---------------+-------------------------------+
//  |    family     |       0       |        hardware type          |
//  +---------------+---------------+-------------------------------+
//  |                           index                               |
//  +---------------------------------------------------------------+
//  |                           flags                               |
//  +---------------------------------------------------------------+
//  |                        changed flags                          |
//  +---------------------------------------------------------------+
import { ByteReader } from '#shared/net/byte-reader.ts';
import { isUnicastMac, macBytes, macFromBytes } from '#shared/net/mac.ts';
import type { Link } from '../l2/host-network.ts';
import { linux } from './linux.ts';
import { decodeAttributes, textOf, u32Of } from './netlink.ts';

export const linkHeaderLength = 16;

/**
 * Undefined for what is not about the interface as a whole: of a bridge's family it is about a port (its deletion means that the port left
 * the bridge), a wireless event carries nothing else. Throws WireError.
 */
export function decodeLink(payload: Uint8Array): Link | undefined {
  const reader = new ByteReader(payload, 'little');
  const family = reader.u8();
  reader.skip(1);
  const [hardwareType, index, flags] = [reader.u16(), reader.u32(), reader.u32()];
  reader.skip(4);
  const attributes = decodeAttributes(reader);
  const name = attributes.get(linux.IFLA_IFNAME);
  if (family !== 0 || name === undefined || attributes.has(linux.IFLA_WIRELESS)) return undefined;
  const address = attributes.get(linux.IFLA_ADDRESS);
  const mac = address?.length === macBytes ? macFromBytes(address) : undefined;
  const information = attributes.get(linux.IFLA_LINKINFO);
  const kind = information && decodeAttributes(new ByteReader(information, 'little')).get(linux.IFLA_INFO_KIND);
  const master = attributes.get(linux.IFLA_MASTER);
  const mtu = attributes.get(linux.IFLA_MTU);
  return {
    index,
    name: textOf(name),
    mac: mac !== undefined && isUnicastMac(mac) ? mac : undefined,
    kind: kind && textOf(kind),
    master: master && u32Of(master),
    ethernet: hardwareType === linux.ARPHRD_ETHER,
    loopback: (flags & linux.IFF_LOOPBACK) !== 0,
    noArp: (flags & linux.IFF_NOARP) !== 0,
    up: (flags & linux.IFF_UP) !== 0,
    lowerUp: (flags & linux.IFF_LOWER_UP) !== 0,
    mtu: mtu === undefined ? 0 : u32Of(mtu),
  };
}
