// A packet socket in memory. Whoever owns it, a simulated kernel or a test, hands frames in and takes those sent; the filter is the real one.
import type { Ip } from '#shared/net/ip.ts';
import type {
  PacketFilter,
  PacketSocket,
  PacketSocketListener,
  PacketSocketOptions,
  PacketSocketStatistics,
  SendOutcome,
  SystemFailure,
} from '#speaker/l2/packet-socket.ts';
import { packetTypes } from '#speaker/l2/classic-bpf.ts';
import { macOfGroup } from '../lan/ndp-message.ts';
import { runBpf } from './bpf-interpreter.ts';

/** Small frames that fit in the receive buffer that a socket has by default, measured with veth; other drivers' frames take more room. */
export const bufferedFrames = 256;

/** What is under a socket. */
export interface SocketOwner {
  transmit(frame: Uint8Array): SendOutcome;
  /** One more frame waits for `readOne`. */
  waits?(): void;
  filterChanged?(): void;
  closed(): void;
}

export class SimulatedPacketSocket implements PacketSocket {
  readonly #listener: PacketSocketListener;
  readonly #owner: SocketOwner;
  readonly #sendErrors = new Map<string, number>();
  readonly #groups = new Set<Ip>();
  readonly #groupMacs = new Set<number>();
  #queue: Uint8Array[] = [];
  #filter: PacketFilter;
  #isOpen = true;
  #received = 0;
  #sent = 0;
  #filterReplacements = 0;
  #kernelDrops = 0;

  constructor({ filter }: PacketSocketOptions, listener: PacketSocketListener, owner: SocketOwner) {
    this.#filter = filter;
    this.#listener = listener;
    this.#owner = owner;
  }

  /** What the kernel judges frames by. */
  get filter(): PacketFilter {
    return this.#filter;
  }

  /** The IPv6 groups that it was joined to, and not yet left. */
  get groups(): ReadonlySet<Ip> {
    return this.#groups;
  }

  /** Their Ethernet addresses. */
  get groupMacs(): ReadonlySet<number> {
    return this.#groupMacs;
  }

  send(frame: Uint8Array): SendOutcome {
    if (!this.#isOpen) return 'failed';
    const outcome = this.#owner.transmit(frame.slice());
    if (outcome === 'sent') this.#sent++;
    else {
      const code = outcome === 'full' ? 'ENOBUFS' : 'ENETDOWN';
      this.#sendErrors.set(code, (this.#sendErrors.get(code) ?? 0) + 1);
    }
    return outcome;
  }

  setFilter(filter: PacketFilter): void {
    if (!this.#isOpen) return;
    this.#filter = filter;
    this.#filterReplacements++;
    this.#owner.filterChanged?.();
  }

  join(group: Ip): SystemFailure | undefined {
    this.#groups.add(group);
    this.#groupMacs.add(macOfGroup(group));
    this.#owner.filterChanged?.();
    return undefined;
  }

  leave(group: Ip): void {
    this.#groups.delete(group);
    this.#groupMacs.delete(macOfGroup(group));
    this.#owner.filterChanged?.();
  }

  receiveWaiting(): void {
    this.read();
  }

  discardReceived(): number {
    const frames = this.#queue.length;
    this.#queue = [];
    return frames;
  }

  statistics(): PacketSocketStatistics {
    return {
      received: this.#received,
      sent: this.#sent,
      sendErrors: this.#sendErrors,
      filterReplacements: this.#filterReplacements,
      kernelDrops: this.#kernelDrops,
    };
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#queue = [];
    this.#owner.closed();
  }

  /** A frame comes in; it waits to be read if it passes the filter and there is room. */
  arrive(frame: Uint8Array, packetType: number = packetTypes.broadcast): void {
    if (!this.#isOpen || runBpf(this.#filter.program, frame, packetType) === 0) return;
    if (this.#queue.length >= bufferedFrames) {
      this.#kernelDrops++;
      return;
    }
    this.#queue.push(frame);
    this.#owner.waits?.();
  }

  /** The thread reads one of those that wait. */
  readOne(): void {
    const frame = this.#queue.shift();
    if (frame === undefined) return;
    this.#received++;
    this.#listener.frame(frame);
  }

  /** The thread reads all that wait. */
  read(): void {
    while (this.#queue.length > 0) this.readOne();
  }

  /** As when the interface goes down under it. */
  fail(failure: SystemFailure): void {
    this.close();
    this.#listener.failed(failure);
  }
}
