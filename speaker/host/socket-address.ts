// Structures of the socket interface (packet(7), netlink(7), linux/filter.h) as octets, in the machine's byte order but for the protocol.
import { ByteWriter } from '#shared/net/byte-writer.ts';
import type { BpfProgram } from '#speaker/l2/classic-bpf.ts';
import { linux } from './linux.ts';

const sockaddrLlLength = 20;
const sockaddrNlLength = 12;
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

/** Array of struct sock_filter. */
export function filterInstructions(program: BpfProgram): Uint8Array {
  const writer = new ByteWriter(program.length * instructionLength, 'little');
  for (const { code, jt, jf, k } of program) writer.u16(code).u8(jt).u8(jf).u32(k);
  return writer.finish();
}
