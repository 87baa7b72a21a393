// Asks for addresses on a packet socket and sees how long the answers take. It looks for them without a pause, so that its own share is that of two
// system calls: how much that is shows the kernel, which answers before the first of them returns.
import type { Ip } from '#shared/net/ip.ts';
import { ipToBytes } from '#shared/net/ip.ts';
import { broadcastMac, zeroMac, type Mac } from '#shared/net/mac.ts';
import { linux } from '#speaker/host/linux.ts';
import { filterInstructions, packetAddress } from '#speaker/host/socket-address.ts';
import { attachFilter, bind, recv, send, setSocketOption, socket } from '#speaker/host/syscall.ts';
import { encodeArpFrame } from '#speaker/l2/arp.ts';
import { coarseArpFilter } from '#speaker/l2/arp-filter.ts';

export interface Asker {
  readonly interfaceIndex: number;
  readonly mac: Mac;
  readonly ip: Ip;
}

const etherType = 0x0806;
const bufferOctets = 256;
const operationOffset = 20;
const senderIpOffset = 28;
const reply = 2;
const receiveBufferOctets = 1 << 20;

export class Requester {
  readonly #fd: number;
  readonly #buffer = Buffer.alloc(bufferOctets);
  readonly #frames: readonly Uint8Array[];
  readonly #indexes: ReadonlyMap<number, number>;

  constructor(asker: Asker, addresses: readonly Ip[]) {
    this.#fd = socket(linux.AF_PACKET, linux.SOCK_RAW, 0);
    const size = new Uint8Array(Uint32Array.of(receiveBufferOctets).buffer);
    setSocketOption(this.#fd, linux.SOL_SOCKET, linux.SO_RCVBUF, size);
    setSocketOption(this.#fd, linux.SOL_PACKET, linux.PACKET_IGNORE_OUTGOING, Uint8Array.of(1, 0, 0, 0));
    attachFilter(this.#fd, filterInstructions(coarseArpFilter));
    bind(this.#fd, packetAddress(etherType, asker.interfaceIndex));
    this.#frames = addresses.map((address) => requestFor(asker, address));
    this.#indexes = new Map(addresses.map((address, index) => [wordOf(ipToBytes(address)), index]));
  }

  ask(index: number): void {
    const frame = this.#frames[index];
    if (frame === undefined || send(this.#fd, frame) < 0) throw new Error(`request ${index} could not be sent`);
  }

  /** The index of an address that was answered for; undefined when there is no answer now. */
  answered(): number | undefined {
    while (recv(this.#fd, this.#buffer) >= 0) {
      if (this.#buffer.readUInt16BE(operationOffset) !== reply) continue;
      const index = this.#indexes.get(this.#buffer.readUInt32BE(senderIpOffset));
      if (index !== undefined) return index;
    }
    return undefined;
  }
}

function requestFor({ mac, ip }: Asker, address: Ip): Uint8Array {
  return encodeArpFrame({
    ethernet: { destination: broadcastMac, source: mac, etherType },
    arp: { operation: 1, senderMac: mac, senderIp: ip, targetMac: zeroMac, targetIp: address },
  });
}

function wordOf([a = 0, b = 0, c = 0, d = 0]: Uint8Array): number {
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
}
