// A UDP socket in memory: what its kernel hands it waits, within bounds, until the program's thread reads it.
import type { SendOutcome } from '#speaker/l2/packet-socket.ts';
import type { UdpEndpoint, UdpListener, UdpOptions, UdpSocket, UdpStatistics } from '#speaker/l2/udp-socket.ts';
import type { UdpPacket } from '../lan/udp-packet.ts';
import type { Thread } from '../thread.ts';

/** Small datagrams that fit in the receive buffer where net.core.rmem_max is what kernels come with: 832 octets each of twice 212,992. */
export const bufferedDatagrams = 512;
const datagramCostUs = 20;
const neighboursOnly = 255;

/** What is under a socket: the code of what kept it from being sent, if something did. */
export interface UdpSocketOwner {
  readonly thread: Thread;
  transmit(datagram: unknown, to: UdpEndpoint): string | undefined;
  closed(): void;
}

export class SimulatedUdpSocket implements UdpSocket<unknown> {
  readonly interfaceIndex: number;
  /** What it is bound to: as one who sends, and as one who is sent to. */
  readonly bound: UdpEndpoint;
  readonly #listener: UdpListener<unknown>;
  readonly #owner: UdpSocketOwner;
  readonly #sendErrors = new Map<string, number>();
  readonly #readOne = (): void => this.#read(this.#queue.shift());
  #queue: UdpPacket[] = [];
  #isOpen = true;
  #isReading = false;
  #received = 0;
  #sent = 0;
  #kernelDrops = 0;

  constructor({ ip, port, interfaceIndex }: UdpOptions, listener: UdpListener<unknown>, owner: UdpSocketOwner) {
    this.interfaceIndex = interfaceIndex;
    this.bound = { ip, port };
    this.#listener = listener;
    this.#owner = owner;
  }

  get port(): number {
    return this.bound.port;
  }

  get unread(): number {
    return this.#queue.length;
  }

  /** Octets are copied, as the kernel does; anything else is shared. */
  send(datagram: unknown, to: UdpEndpoint): SendOutcome {
    if (!this.#isOpen) return 'failed';
    this.#owner.thread.assertTurn();
    const code = this.#owner.transmit(datagram instanceof Uint8Array ? copyOf(datagram) : datagram, to);
    if (code === undefined) {
      this.#sent++;
      return 'sent';
    }
    this.#sendErrors.set(code, (this.#sendErrors.get(code) ?? 0) + 1);
    return 'failed';
  }

  receiveWaiting(): void {
    if (this.#isReading) return;
    while (this.#queue.length > 0) this.#read(this.#queue.shift());
  }

  statistics(): UdpStatistics {
    return {
      received: this.#received,
      sent: this.#sent,
      sendErrors: this.#sendErrors,
      kernelDrops: this.#kernelDrops,
    };
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#queue = [];
    this.#owner.closed();
  }

  /** A datagram for it comes in. */
  arrive(packet: UdpPacket): void {
    if (packet.hopLimit !== neighboursOnly || this.#queue.length >= bufferedDatagrams) {
      this.#kernelDrops++;
      return;
    }
    this.#queue.push(packet);
    this.#owner.thread.receive(this.#readOne, datagramCostUs);
  }

  #read(packet: UdpPacket | undefined): void {
    if (packet === undefined) return;
    this.#received++;
    this.#isReading = true;
    this.#listener.datagram(packet.datagram, packet.source);
    this.#isReading = false;
  }
}

/** Many small ones in one block of memory: to ask for memory takes longer than to copy. */
function copyOf(octets: Uint8Array): Uint8Array {
  if (octets.length > block.byteLength - blockUsed) {
    block = new ArrayBuffer(blockOctets);
    blockUsed = 0;
  }
  const copy = new Uint8Array(block, blockUsed, octets.length);
  copy.set(octets);
  blockUsed += octets.length;
  return copy;
}

const blockOctets = 65_536;
let block = new ArrayBuffer(blockOctets);
let blockUsed = 0;
