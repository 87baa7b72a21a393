// Packet sockets of Linux (packet(7)): whole frames of one EtherType on one interface, past the kernel's own handling.
import type { Ip } from '#shared/net/ip.ts';
import { Ipv6Groups } from './ipv6-groups.ts';
import { packetAddress, filterInstructions } from './socket-address.ts';
import { linux } from './linux.ts';
import type {
  PacketFilter,
  PacketSocket,
  PacketSocketListener,
  PacketSocketOptions,
  PacketSockets,
  PacketSocketStatistics,
  SendOutcome,
  SystemFailure,
} from '../l2/packet-socket.ts';
import {
  attachFilter,
  bind,
  close,
  errnoName,
  getSocketOption,
  recv,
  send,
  setSocketOption,
  socket,
  SystemCallError,
  watchFd,
  type FdWatch,
} from './syscall.ts';

/** Filters keep no more of a frame than its reader needs; of those that come whole, router advertisements are the longest. */
const bufferOctets = 2048;
/** The rest comes with the next event, so that no flood keeps the thread from its timers. */
const maxFramesPerTurn = 256;
/** More than any receive buffer holds. */
const maxDiscardedFrames = 100_000;

const closed: SystemFailure = { call: 'setsockopt', code: 'EBADF' };
const nothingToRead = 'EAGAIN';
const queueFull: ReadonlySet<string> = new Set(['EAGAIN', 'ENOBUFS']);

export const linuxPacketSockets: PacketSockets = {
  open(options: PacketSocketOptions, listener: PacketSocketListener): PacketSocket | SystemFailure {
    let fd: number | undefined;
    try {
      // Protocol 0: nothing arrives from other interfaces before bind.
      fd = socket(linux.AF_PACKET, linux.SOCK_RAW, 0);
      ignoreOutgoing(fd);
      attachFitting(fd, options.filter);
      bind(fd, packetAddress(options.etherType, options.interfaceIndex));
      return new LinuxPacketSocket(fd, options.interfaceIndex, listener);
    } catch (error) {
      if (fd !== undefined) close(fd);
      return failureOf(error);
    }
  },
};

class LinuxPacketSocket implements PacketSocket {
  readonly #fd: number;
  readonly #groups: Ipv6Groups;
  readonly #listener: PacketSocketListener;
  readonly #watch: FdWatch;
  readonly #buffer = new Uint8Array(bufferOctets);
  readonly #sendErrors = new Map<string, number>();
  #isOpen = true;
  #received = 0;
  #sent = 0;
  #filterReplacements = 0;
  #kernelDrops = 0;

  constructor(fd: number, interfaceIndex: number, listener: PacketSocketListener) {
    this.#fd = fd;
    this.#groups = new Ipv6Groups(interfaceIndex);
    this.#listener = listener;
    this.#watch = watchFd(fd, () => this.#read());
  }

  send(frame: Uint8Array): SendOutcome {
    if (!this.#isOpen) return 'failed';
    const result = send(this.#fd, frame);
    if (result >= 0) {
      this.#sent++;
      return 'sent';
    }
    const code = errnoName(-result);
    this.#sendErrors.set(code, (this.#sendErrors.get(code) ?? 0) + 1);
    return queueFull.has(code) ? 'full' : 'failed';
  }

  setFilter(filter: PacketFilter): void {
    if (!this.#isOpen) return;
    attachFitting(this.#fd, filter);
    this.#filterReplacements++;
  }

  join(group: Ip): SystemFailure | undefined {
    if (!this.#isOpen) return closed;
    try {
      this.#groups.join(group);
      return undefined;
    } catch (error) {
      return failureOf(error);
    }
  }

  leave(group: Ip): void {
    this.#groups.leave(group);
  }

  receiveWaiting(): void {
    this.#read();
  }

  discardReceived(): number {
    let frames = 0;
    while (this.#isOpen && frames < maxDiscardedFrames && recv(this.#fd, this.#buffer) >= 0) frames++;
    return frames;
  }

  statistics(): PacketSocketStatistics {
    if (this.#isOpen) this.#kernelDrops += takeKernelDrops(this.#fd);
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
    this.#watch.close();
    this.#groups.close();
    close(this.#fd);
  }

  #read(): void {
    for (let frames = 0; this.#isOpen && frames < maxFramesPerTurn; frames++) {
      const result = recv(this.#fd, this.#buffer);
      if (result < 0) {
        const code = errnoName(-result);
        if (code !== nothingToRead) this.#fail({ call: 'recv', code });
        return;
      }
      this.#received++;
      this.#listener.frame(this.#buffer.subarray(0, result));
    }
  }

  #fail(failure: SystemFailure): void {
    this.close();
    this.#listener.failed(failure);
  }
}

/** What is no failed system call is thrown on. */
function failureOf(error: unknown): SystemFailure {
  if (error instanceof SystemCallError) return { call: error.call, code: error.code };
  throw error;
}

/** Frames that this machine sends are not delivered back to it. */
function ignoreOutgoing(fd: number): void {
  const one = Uint8Array.of(1, 0, 0, 0);
  setSocketOption(fd, linux.SOL_PACKET, linux.PACKET_IGNORE_OUTGOING, one);
}

/** Replaces the filter in one step: no frame is judged by a mixture of the two. */
function attachFitting(fd: number, filter: PacketFilter): void {
  try {
    attachFilter(fd, filterInstructions(filter.program));
  } catch (error) {
    const isTooLarge = error instanceof SystemCallError && (error.code === 'ENOMEM' || error.code === 'EINVAL');
    if (!isTooLarge) throw error;
    attachFilter(fd, filterInstructions(filter.coarse));
  }
}

/** struct tpacket_stats: packets, drops. Reading resets them. */
function takeKernelDrops(fd: number): number {
  const statistics = Buffer.alloc(8);
  getSocketOption(fd, linux.SOL_PACKET, linux.PACKET_STATISTICS, statistics);
  return statistics.readUInt32LE(4);
}
