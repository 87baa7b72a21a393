// UDP sockets of Linux (udp(7), ip(7), ipv6(7)) for BFD. One receives on each own address that a session has, so that no other program's port is
// taken and none shares ours; one a session sends, from its own port. Not Node's own: those tell no hop limit, and cannot be asked in the middle
// of a turn for what waits in them.
import { familyOf, type Family } from '#shared/net/ip.ts';
import {
  bfdPorts,
  portOf,
  type BfdListener,
  type BfdReceiver,
  type BfdSender,
  type BfdSockets,
  type SessionPath,
} from '#speaker/bfd/bfd-sockets.ts';
import { drop } from '#speaker/l2/classic-bpf.ts';
import { fromNeighbourFilter } from '#speaker/l2/hop-limit-filter.ts';
import type { SendOutcome, SystemFailure } from '#speaker/l2/packet-socket.ts';
import { linux } from './linux.ts';
import { MessageReceiver } from './message-receiver.ts';
import { endpointOf, filterInstructions, internetAddress, sockaddrIn6Length } from './socket-address.ts';
import {
  attachFilter,
  bind,
  close,
  connect,
  errnoName,
  getSocketName,
  sendTo,
  setSocketOption,
  socket,
  SystemCallError,
  watchFd,
  type FdWatch,
} from './syscall.ts';

/** More than any control packet: its length is one octet. */
const bufferOctets = 512;
/** What comes while this thread does not run waits here. The kernel takes less where net.core.rmem_max says so. */
const receiveBufferOctets = 1 << 20;
/** The rest comes with the next event, so that no flood keeps the thread from its timers. */
const maxDatagramsPerTurn = 256;
/** More than the receive buffer holds of the smallest. */
const maxWaitingDatagrams = 4096;
const hopLimit = 255;
/** Internetwork control (RFC 2474, CS6). */
const trafficClass = 0xc0;

const nothingToRead = 'EAGAIN';
const queueFull: ReadonlySet<string> = new Set(['EAGAIN', 'ENOBUFS']);

export const linuxBfdSockets: BfdSockets = {
  sourceTowards(remote, interfaceIndex) {
    return withSocket(familyOf(remote), interfaceIndex, (fd) => {
      // Of a datagram socket: sends nothing.
      connect(fd, internetAddress({ ip: remote, port: bfdPorts.singleHop }, interfaceIndex ?? 0));
      const name = new Uint8Array(sockaddrIn6Length);
      getSocketName(fd, name);
      close(fd);
      return endpointOf(name).ip;
    });
  },
  listen(path, listener) {
    const family = familyOf(path.local);
    return withSocket(family, path.interfaceIndex, (fd) => {
      if (!path.multihop) attachFilter(fd, filterInstructions(fromNeighbourFilter(family)));
      setSocketOption(fd, linux.SOL_SOCKET, linux.SO_RCVBUF, int(receiveBufferOctets));
      tellHopLimits(fd, family);
      bind(fd, internetAddress({ ip: path.local, port: portOf(path) }, path.interfaceIndex ?? 0));
      return new LinuxBfdReceiver(fd, listener);
    });
  },
  open(path, sourcePort) {
    const family = familyOf(path.local);
    return withSocket(family, path.interfaceIndex, (fd) => {
      // Whatever comes to the port that it sends from is for nobody.
      attachFilter(fd, filterInstructions([drop]));
      sendAsControl(fd, family);
      bind(fd, internetAddress({ ip: path.local, port: sourcePort }, path.interfaceIndex ?? 0));
      return new LinuxBfdSender(fd, path);
    });
  },
};

/** Nothing stays open when a call fails. */
function withSocket<Result>(
  family: Family,
  interfaceIndex: number | undefined,
  use: (fd: number) => Result,
): Result | SystemFailure {
  let fd: number | undefined;
  try {
    fd = socket(family === 'IPv4' ? linux.AF_INET : linux.AF_INET6, linux.SOCK_DGRAM, 0);
    if (interfaceIndex !== undefined) {
      setSocketOption(fd, linux.SOL_SOCKET, linux.SO_BINDTOIFINDEX, int(interfaceIndex));
    }
    return use(fd);
  } catch (error) {
    if (fd !== undefined) close(fd);
    if (error instanceof SystemCallError) return { call: error.call, code: error.code };
    throw error;
  }
}

function tellHopLimits(fd: number, family: Family): void {
  if (family === 'IPv4') setSocketOption(fd, linux.IPPROTO_IP, linux.IP_RECVTTL, int(1));
  else setSocketOption(fd, linux.IPPROTO_IPV6, linux.IPV6_RECVHOPLIMIT, int(1));
}

function sendAsControl(fd: number, family: Family): void {
  if (family === 'IPv4') {
    setSocketOption(fd, linux.IPPROTO_IP, linux.IP_TTL, int(hopLimit));
    setSocketOption(fd, linux.IPPROTO_IP, linux.IP_TOS, int(trafficClass));
  } else {
    setSocketOption(fd, linux.IPPROTO_IPV6, linux.IPV6_UNICAST_HOPS, int(hopLimit));
    setSocketOption(fd, linux.IPPROTO_IPV6, linux.IPV6_TCLASS, int(trafficClass));
  }
}

class LinuxBfdReceiver implements BfdReceiver {
  readonly #fd: number;
  readonly #listener: BfdListener;
  readonly #watch: FdWatch;
  readonly #receiver = new MessageReceiver(bufferOctets);
  #isOpen = true;
  #isReading = false;

  constructor(fd: number, listener: BfdListener) {
    this.#fd = fd;
    this.#listener = listener;
    this.#watch = watchFd(fd, () => this.#read(maxDatagramsPerTurn));
  }

  receiveWaiting(): void {
    this.#read(maxWaitingDatagrams);
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
    const receiver = this.#receiver;
    const result = receiver.receive(this.#fd);
    if (result < 0) {
      const code = errnoName(-result);
      if (code !== nothingToRead) this.#fail({ call: 'recvmsg', code });
      return false;
    }
    this.#listener.datagram(receiver.payload(result), endpointOf(receiver.source).ip, receiver.hopLimit);
    return true;
  }

  #fail(failure: SystemFailure): void {
    this.close();
    this.#listener.failed(failure);
  }
}

class LinuxBfdSender implements BfdSender {
  readonly #fd: number;
  readonly #to: Uint8Array;
  #isOpen = true;

  constructor(fd: number, path: SessionPath) {
    this.#fd = fd;
    this.#to = internetAddress({ ip: path.remote, port: portOf(path) }, path.interfaceIndex ?? 0);
  }

  send(octets: Uint8Array): SendOutcome {
    if (!this.#isOpen) return 'failed';
    const result = sendTo(this.#fd, octets, this.#to);
    if (result >= 0) return 'sent';
    return queueFull.has(errnoName(-result)) ? 'full' : 'failed';
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    close(this.#fd);
  }
}

/** An int as options take it. */
function int(value: number): Uint8Array {
  return new Uint8Array(Int32Array.of(value).buffer);
}
