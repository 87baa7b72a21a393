// UDP sockets of Linux (udp(7), ip(7), ipv6(7)) on one interface, for neighbours only: what comes with another hop limit than 255 never reaches
// this program. Not Node's own: those cannot be asked, in the middle of a turn, for what waits in them.
import { familyOf, type Family } from '#shared/net/ip.ts';
import { fromNeighbourFilter } from '#speaker/l2/hop-limit-filter.ts';
import type { SendOutcome, SystemFailure } from '#speaker/l2/packet-socket.ts';
import type {
  UdpEndpoint,
  UdpListener,
  UdpOptions,
  UdpReceiver,
  UdpSocket,
  UdpSockets,
  UdpStatistics,
} from '#speaker/l2/udp-socket.ts';
import { linux } from './linux.ts';
import {
  endpointOf,
  filterInstructions,
  groupRequest,
  internetAddress,
  ipv6GroupRequest,
  sockaddrIn6Length,
} from './socket-address.ts';
import {
  attachFilter,
  bind,
  close,
  errnoName,
  getSocketName,
  getSocketOption,
  recvFrom,
  sendTo,
  setSocketOption,
  socket,
  SystemCallError,
  watchFd,
  type FdWatch,
} from './syscall.ts';

/** More than any datagram of ours: a longer one is seen to be too long. */
const bufferOctets = 2048;
/** The kernel takes less where net.core.rmem_max says so, and doubles it for its own book-keeping. */
const receiveBufferOctets = 4 << 20;
/** The rest comes with the next event, so that no flood keeps the thread from its timers. */
const maxDatagramsPerTurn = 256;
/** More than the receive buffer holds of the smallest. */
const maxWaitingDatagrams = 16_384;
const neighboursOnly = 255;

const nothingToRead = 'EAGAIN';
const queueFull: ReadonlySet<string> = new Set(['EAGAIN', 'ENOBUFS']);

export const linuxUdpSockets: UdpSockets = {
  open: (options, listener) => openSocket(options, listener, () => {}),
  listenToGroup: (options, listener) => openSocket(options, listener, joinGroup),
};

function openSocket(
  options: UdpOptions,
  listener: UdpListener,
  bound: (fd: number, options: UdpOptions) => void,
): UdpSocket | SystemFailure {
  const family = familyOf(options.ip);
  let fd: number | undefined;
  try {
    fd = socket(family === 'IPv4' ? linux.AF_INET : linux.AF_INET6, linux.SOCK_DGRAM, 0);
    attachFilter(fd, filterInstructions(fromNeighbourFilter(family)));
    setSocketOption(fd, linux.SOL_SOCKET, linux.SO_RCVBUF, int(receiveBufferOctets));
    setSocketOption(fd, linux.SOL_SOCKET, linux.SO_REUSEADDR, int(1));
    setSocketOption(fd, linux.SOL_SOCKET, linux.SO_BINDTOIFINDEX, int(options.interfaceIndex));
    sendToNeighbours(fd, family, options.interfaceIndex);
    bind(fd, internetAddress(options, options.interfaceIndex));
    bound(fd, options);
    return new LinuxUdpSocket(fd, options.interfaceIndex, listener);
  } catch (error) {
    if (fd !== undefined) close(fd);
    if (error instanceof SystemCallError) return { call: error.call, code: error.code };
    throw error;
  }
}

function sendToNeighbours(fd: number, family: Family, interfaceIndex: number): void {
  if (family === 'IPv4') {
    setSocketOption(fd, linux.IPPROTO_IP, linux.IP_TTL, int(neighboursOnly));
    setSocketOption(fd, linux.IPPROTO_IP, linux.IP_MULTICAST_TTL, int(neighboursOnly));
    setSocketOption(fd, linux.IPPROTO_IP, linux.IP_MULTICAST_IF, groupRequest(undefined, interfaceIndex));
  } else {
    setSocketOption(fd, linux.IPPROTO_IPV6, linux.IPV6_UNICAST_HOPS, int(neighboursOnly));
    setSocketOption(fd, linux.IPPROTO_IPV6, linux.IPV6_MULTICAST_HOPS, int(neighboursOnly));
    setSocketOption(fd, linux.IPPROTO_IPV6, linux.IPV6_MULTICAST_IF, int(interfaceIndex));
  }
}

/** The kernel tells switches by IGMP or MLD that the group is listened to. */
function joinGroup(fd: number, { ip, interfaceIndex }: UdpOptions): void {
  if (familyOf(ip) === 'IPv4') {
    setSocketOption(fd, linux.IPPROTO_IP, linux.IP_ADD_MEMBERSHIP, groupRequest(ip, interfaceIndex));
  } else {
    setSocketOption(fd, linux.IPPROTO_IPV6, linux.IPV6_ADD_MEMBERSHIP, ipv6GroupRequest(ip, interfaceIndex));
  }
}

class LinuxUdpSocket implements UdpSocket, UdpReceiver {
  readonly port: number;
  readonly #fd: number;
  readonly #interfaceIndex: number;
  readonly #listener: UdpListener;
  readonly #watch: FdWatch;
  readonly #buffer = new Uint8Array(bufferOctets);
  readonly #source = new Uint8Array(sockaddrIn6Length);
  readonly #sendErrors = new Map<string, number>();
  #isOpen = true;
  #isReading = false;
  #received = 0;
  #sent = 0;
  #kernelDrops = 0;

  constructor(fd: number, interfaceIndex: number, listener: UdpListener) {
    this.#fd = fd;
    this.#interfaceIndex = interfaceIndex;
    this.#listener = listener;
    getSocketName(fd, this.#source);
    this.port = endpointOf(this.#source).port;
    this.#watch = watchFd(fd, () => this.#read(maxDatagramsPerTurn));
  }

  send(datagram: Uint8Array, to: UdpEndpoint): SendOutcome {
    if (!this.#isOpen) return 'failed';
    const result = sendTo(this.#fd, datagram, internetAddress(to, this.#interfaceIndex));
    if (result >= 0) {
      this.#sent++;
      return 'sent';
    }
    const code = errnoName(-result);
    this.#sendErrors.set(code, (this.#sendErrors.get(code) ?? 0) + 1);
    return queueFull.has(code) ? 'full' : 'failed';
  }

  receiveWaiting(): void {
    this.#read(maxWaitingDatagrams);
  }

  statistics(): UdpStatistics {
    if (this.#isOpen) this.#kernelDrops = kernelDrops(this.#fd);
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
    this.#watch.close();
    close(this.#fd);
  }

  #read(most: number): void {
    // The buffer is taken while a datagram is being looked at.
    if (this.#isReading) return;
    this.#isReading = true;
    try {
      for (let datagrams = 0; datagrams < most && this.#readOne(); datagrams++);
    } finally {
      this.#isReading = false;
    }
  }

  /** False when there is nothing more to read. */
  #readOne(): boolean {
    if (!this.#isOpen) return false;
    const result = recvFrom(this.#fd, this.#buffer, this.#source);
    if (result < 0) {
      const code = errnoName(-result);
      if (code !== nothingToRead) this.#fail({ call: 'recvfrom', code });
      return false;
    }
    this.#received++;
    this.#listener.datagram(this.#buffer.subarray(0, result), endpointOf(this.#source));
    return true;
  }

  #fail(failure: SystemFailure): void {
    this.close();
    this.#listener.failed(failure);
  }
}

/** An int as options take it. */
function int(value: number): Uint8Array {
  return new Uint8Array(Int32Array.of(value).buffer);
}

/** sk_drops, the last of the numbers that SK_MEMINFO_VARS counts. */
const memoryInfoLength = 36;
const dropsOffset = 32;

function kernelDrops(fd: number): number {
  const info = Buffer.alloc(memoryInfoLength);
  getSocketOption(fd, linux.SOL_SOCKET, linux.SO_MEMINFO, info);
  return info.readUInt32LE(dropsOffset);
}
