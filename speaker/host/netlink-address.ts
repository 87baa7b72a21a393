// Addresses of interfaces in netlink (rtnetlink(7), struct ifaddrmsg).
//
//  +---------------+---------------+---------------+---------------+
//  |    family     |  prefix bits  |     flags     |     scope     |
//  +---------------+---------------+---------------+---------------+
//  |                      interface index                          |
//  +---------------------------------------------------------------+
import { ByteReader } from '#shared/net/byte-reader.ts';
import { bitsOf, familyOf, ipFromBytes } from '#shared/net/ip.ts';
import { WireError } from '#shared/net/wire-error.ts';
import type { InterfaceAddress } from '../l2/host-network.ts';
import { linux } from './linux.ts';
import { decodeAttributes, u32Of } from './netlink.ts';

export const addressHeaderLength = 8;

/** Undefined when it has no IPv4 or IPv6 address. Throws WireError. */
export function decodeInterfaceAddress(payload: Uint8Array): InterfaceAddress | undefined {
  const reader = new ByteReader(payload, 'little');
  reader.skip(1);
  const [prefixBits, shortFlags] = [reader.u8(), reader.u8()];
  reader.skip(1);
  const interfaceIndex = reader.u32();
  const attributes = decodeAttributes(reader);
  // On a point-to-point interface IFA_ADDRESS is the other end's.
  const address = attributes.get(linux.IFA_LOCAL) ?? attributes.get(linux.IFA_ADDRESS);
  if (address?.length !== 4 && address?.length !== 16) return undefined;
  const ip = ipFromBytes(address);
  if (prefixBits > bitsOf[familyOf(ip)]) throw new WireError('malformed', `${ip} with a prefix of ${prefixBits} bits`);
  const longFlags = attributes.get(linux.IFA_FLAGS);
  const flags = longFlags === undefined ? shortFlags : u32Of(longFlags);
  return {
    interfaceIndex,
    ip,
    prefixBits,
    temporary: familyOf(ip) === 'IPv6' && (flags & linux.IFA_F_TEMPORARY) !== 0,
    deprecated: (flags & linux.IFA_F_DEPRECATED) !== 0,
    tentative: (flags & linux.IFA_F_TENTATIVE) !== 0,
    duplicate: (flags & linux.IFA_F_DADFAILED) !== 0,
  };
}
