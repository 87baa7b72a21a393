// Structures of the socket interface (packet(7), netlink(7), ip(7), ipv6(7), linux/filter.h) as octets, in the machine's byte order but for the protocol.
import { ByteWriter } from '#shared/net/byte-writer.ts';
import { ipFromBytes, ipToBytes, type Ip } from '#shared/net/ip.ts';
import type { BpfProgram } from '#speaker/l2/classic-bpf.ts';
import type { UdpEndpoint } from '#speaker/l2/udp-socket.ts';
import { linux } from './linux.ts';

const sockaddrLlLength = 20;
const sockaddrNlLength = 12;
const sockaddrInLength = 16;
export const sockaddrIn6Length = 28;
const ipMreqnLength = 12;
const ipv6MreqLength = 20;
const instructionLength = 8;

/** struct sockaddr_ll: frames of one EtherType on one interface. */
export function packetAddress(etherType: number, interfaceIndex: number): Uint8Array {
  return new ByteWriter(sockaddrLlLength, 'little')
    .u16(linux.AF_PACKET)
    .u8(etherType >> 8)
    .u8(etherType & 0xff)
    .u32(interfaceIndex)
    .zeros(12)
    .finish();
}

/** struct sockaddr_nl: events of `groups`; the kernel chooses the port. */
export function netlinkAddress(groups: number): Uint8Array {
  return new ByteWriter(sockaddrNlLength, 'little').u16(linux.AF_NETLINK).zeros(6).u32(groups).finish();
}

/** struct sockaddr_in or sockaddr_in6: the interface says where a link-local address or group is. */
export function internetAddress({ ip, port }: UdpEndpoint, interfaceIndex: number): Uint8Array {
  const bytes = ipToBytes(ip);
  const isIpv4 = bytes.length === 4;
  const writer = new ByteWriter(isIpv4 ? sockaddrInLength : sockaddrIn6Length, 'little')
    .u16(isIpv4 ? linux.AF_INET : linux.AF_INET6)
    .u8(port >> 8)
    .u8(port & 0xff);
  return isIpv4 ? writer.bytes(bytes).zeros(8).finish() : writer.zeros(4).bytes(bytes).u32(interfaceIndex).finish();
}

/** Of a struct sockaddr_in or sockaddr_in6 that the kernel has filled. */
export function endpointOf(address: Uint8Array): UdpEndpoint {
  const port = ((address[2] ?? 0) << 8) | (address[3] ?? 0);
  return { ip: ipFromBytes(address[0] === linux.AF_INET ? address.subarray(4, 8) : address.subarray(8, 24)), port };
}

/** struct ip_mreqn, with any own address: a group on an interface, or without a group the interface alone. */
export function groupRequest(group: Ip | undefined, interfaceIndex: number): Uint8Array {
  const writer = new ByteWriter(ipMreqnLength, 'little');
  return (group === undefined ? writer.zeros(4) : writer.bytes(ipToBytes(group))).zeros(4).u32(interfaceIndex).finish();
}

/** struct ipv6_mreq: a group on an interface. */
export function ipv6GroupRequest(group: Ip, interfaceIndex: number): Uint8Array {
  return new ByteWriter(ipv6MreqLength, 'little').bytes(ipToBytes(group)).u32(interfaceIndex).finish();
}

/** Array of struct sock_filter. */
export function filterInstructions(program: BpfProgram): Uint8Array {
  const writer = new ByteWriter(program.length * instructionLength, 'little');
  for (const { code, jt, jf, k } of program) writer.u16(code).u8(jt).u8(jf).u32(k);
  return writer.finish();
}
