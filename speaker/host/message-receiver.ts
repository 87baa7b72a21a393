// Receives datagrams with the hop limit that they came with (recvmsg(2), cmsg(3)), into memory that is kept.
import { ByteReader } from '#shared/net/byte-reader.ts';
import { ByteWriter } from '#shared/net/byte-writer.ts';
import { linux } from './linux.ts';
import { sockaddrIn6Length } from './socket-address.ts';
import { memoryAddress, recvMessage } from './syscall.ts';

const msghdrLength = 56;
const controlLengthOffset = 40;
const iovecLength = 16;
/** struct cmsghdr, then what is told, padded to 8 octets. */
const cmsghdrLength = 16;
const intLength = 4;
/** More than the kernel tells of what is asked for. */
const controlLength = 64;

export class MessageReceiver {
  /** Of the last message: the sender's struct sockaddr_in or sockaddr_in6. */
  readonly source = new Uint8Array(sockaddrIn6Length);
  readonly #payload: Uint8Array;
  readonly #control = new Uint8Array(controlLength);
  readonly #header: Uint8Array;
  /** Held because the header points to it. */
  readonly #vector: Uint8Array;

  constructor(payloadOctets: number) {
    this.#payload = new Uint8Array(payloadOctets);
    this.#vector = new ByteWriter(iovecLength, 'little')
      .u64(memoryAddress(this.#payload))
      .u64(BigInt(payloadOctets))
      .finish();
    this.#header = new Uint8Array(msghdrLength);
  }

  /** Octets received; −errno when there are none. Never throws: this is the hot path. */
  receive(fd: number): number {
    // The kernel says there how much of each it has used.
    new ByteWriter(this.#header, 'little')
      .u64(memoryAddress(this.source))
      .u32(sockaddrIn6Length)
      .zeros(4)
      .u64(memoryAddress(this.#vector))
      .u64(1n)
      .u64(memoryAddress(this.#control))
      .u64(BigInt(controlLength))
      .zeros(8);
    return recvMessage(fd, this.#header);
  }

  /** Valid until the next `receive`. */
  payload(octets: number): Uint8Array {
    return this.#payload.subarray(0, octets);
  }

  /** Of the last message; 0 when the kernel does not tell. */
  get hopLimit(): number {
    const told = new ByteReader(this.#header.subarray(controlLengthOffset), 'little').u32();
    const reader = new ByteReader(this.#control.subarray(0, told), 'little');
    while (reader.remaining >= cmsghdrLength + intLength) {
      const length = Number(reader.u64());
      const [level, type] = [reader.u32(), reader.u32()];
      if (isHopLimit(level, type)) return reader.u32();
      const padded = Math.ceil(length / 8) * 8 - cmsghdrLength;
      if (padded <= 0 || padded > reader.remaining) break;
      reader.skip(padded);
    }
    return 0;
  }
}

function isHopLimit(level: number, type: number): boolean {
  return (
    (level === linux.IPPROTO_IP && type === linux.IP_TTL) ||
    (level === linux.IPPROTO_IPV6 && type === linux.IPV6_HOPLIMIT)
  );
}
