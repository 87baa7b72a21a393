// Default routes in netlink (rtnetlink(7), struct rtmsg): only their next hops, the gateways, are of interest.
//
//  +---------------+---------------+---------------+---------------+
//  |    family     |  prefix bits  |  source bits  |      TOS      |
//  +---------------+---------------+---------------+---------------+
//  |     table     |   protocol    |     scope     |     type      |
//  +---------------+---------------+---------------+---------------+
//  |                           flags                               |
//  +---------------------------------------------------------------+
import { ByteReader } from '#shared/net/byte-reader.ts';
import { ipFromBytes } from '#shared/net/ip.ts';
import { WireError } from '#shared/net/wire-error.ts';
import type { Gateway } from '../l2/host-network.ts';
import { linux } from './linux.ts';
import { decodeAttributes, u32Of } from './netlink.ts';

export const routeHeaderLength = 12;
/** struct rtnexthop: u16 length, u8 flags, u8 hops, u32 interface index. */
const nextHopHeaderLength = 8;

/** None for anything but a unicast default route through a gateway. Throws WireError. */
export function decodeGateways(payload: Uint8Array): readonly Gateway[] {
  const reader = new ByteReader(payload, 'little');
  reader.skip(1);
  const prefixBits = reader.u8();
  reader.skip(5);
  const type = reader.u8();
  reader.skip(4);
  if (prefixBits !== 0 || type !== linux.RTN_UNICAST) return [];
  const attributes = decodeAttributes(reader);
  const outgoing = attributes.get(linux.RTA_OIF);
  const nextHops = attributes.get(linux.RTA_MULTIPATH);
  return [
    ...(outgoing === undefined ? [] : gatewayOf(u32Of(outgoing), attributes)),
    ...(nextHops === undefined ? [] : decodeNextHops(nextHops)),
  ];
}

function decodeNextHops(bytes: Uint8Array): readonly Gateway[] {
  const reader = new ByteReader(bytes, 'little');
  const gateways: Gateway[] = [];
  while (reader.remaining > 0) {
    const length = reader.u16();
    if (length < nextHopHeaderLength) throw new WireError('malformed', `next hop of ${length} octets`);
    reader.skip(2);
    const interfaceIndex = reader.u32();
    const attributes = decodeAttributes(new ByteReader(reader.bytes(length - nextHopHeaderLength), 'little'));
    gateways.push(...gatewayOf(interfaceIndex, attributes));
  }
  return gateways;
}

function gatewayOf(interfaceIndex: number, attributes: ReadonlyMap<number, Uint8Array>): readonly Gateway[] {
  const address = attributes.get(linux.RTA_GATEWAY);
  return address?.length === 4 || address?.length === 16 ? [{ interfaceIndex, ip: ipFromBytes(address) }] : [];
}
