// TCP of Linux with the options that BGP needs. Node's own sockets, bound and set up before they connect or listen: net.BoundSocket shows its
// descriptor, and everything else is as with any other socket of Node's.
import assert from 'node:assert';
import net from 'node:net';
import { bitsOf, familyOf, parseIp, type Ip } from '#shared/net/ip.ts';
import type { Addresses } from '#speaker/bgp/peer-state.ts';
import type {
  ListenHandler,
  ListenOptions,
  TcpConnection,
  TcpFailure,
  TcpHandler,
  TcpListener,
  TcpStack,
  Transport,
} from '#speaker/bgp/tcp-stack.ts';
import { linux } from './linux.ts';
import { endpointOf, internetAddress, sockaddrIn6Length } from './socket-address.ts';
import { close, connect, getSocketName, interfaceIndexOf, socket, SystemCallError } from './syscall.ts';
import { deviceOption, passwordOption, setOptions, socketOptions } from './tcp-options.ts';

/** After FIN was asked for: a peer that does not read what is still to be sent is not waited for. */
const longestFarewellMs = 2_000;
/** Read at once: more than anybody says who has nothing but routes to change. */
const muchOctets = 16_384;
/** A route does not depend on it. */
const anyPort = 179;

export const linuxTcp: TcpStack = {
  sourceTowards(remote, device) {
    const source = kernelSource(remote, device);
    return 'failure' in source ? undefined : source.ip;
  },
  connect: connectTo,
  listen: listenOn,
};

function connectTo(transport: Transport, handler: TcpHandler): TcpConnection {
  const opened = openBound(transport);
  if ('failure' in opened) return failing(opened.failure, handler);
  const { bound, fd } = opened;
  const tcp = new net.Socket({ handle: bound });
  const connection = new LinuxTcpConnection(tcp, (password) =>
    setOptions(fd, passwordOption(hostPrefix(transport.remote), password)),
  );
  connection.listen(handler);
  tcp.once('connect', () => connection.connected(handler));
  tcp.connect({ host: scoped(transport.remote, transport.device), port: transport.port });
  return connection;
}

/** With all options in force; else without a descriptor left. */
function openBound(
  transport: Transport,
): { readonly bound: net.BoundSocket; readonly fd: number } | { readonly failure: TcpFailure } {
  const { remote, device, password } = transport;
  const source = transport.local === undefined ? kernelSource(remote, device) : { ip: transport.local };
  if ('failure' in source) return source;
  return bindWith({ host: scoped(source.ip, device) }, (fd) => {
    const failure = setOptions(fd, socketOptions(familyOf(remote), transport));
    return failure ?? (password && setOptions(fd, passwordOption(hostPrefix(remote), password)));
  });
}

/** `prepare` tells what could not be had. */
function bindWith(
  options: net.BoundSocketOptions,
  prepare: (fd: number) => TcpFailure | undefined,
): { readonly bound: net.BoundSocket; readonly fd: number } | { readonly failure: TcpFailure } {
  let bound: net.BoundSocket;
  try {
    bound = new net.BoundSocket(options);
  } catch (error) {
    return { failure: failureOf(error) };
  }
  const fd = bound.fd();
  const failure = prepare(fd);
  if (failure === undefined) return { bound, fd };
  bound.close();
  return { failure };
}

/** Asks a datagram socket, which sends nothing. */
function kernelSource(remote: Ip, device: string | undefined): { readonly ip: Ip } | { readonly failure: TcpFailure } {
  const fd = socket(familyOf(remote) === 'IPv4' ? linux.AF_INET : linux.AF_INET6, linux.SOCK_DGRAM, 0);
  try {
    const failure = device === undefined ? undefined : setOptions(fd, deviceOption(device));
    if (failure !== undefined) return { failure };
    const scope = device === undefined ? undefined : interfaceIndexOf(device);
    connect(fd, internetAddress({ ip: remote, port: anyPort }, scope ?? 0));
    const name = new Uint8Array(sockaddrIn6Length);
    getSocketName(fd, name);
    return { ip: endpointOf(name).ip };
  } catch (error) {
    if (error instanceof SystemCallError) return { failure: failureOf(error) };
    throw error;
  } finally {
    close(fd);
  }
}

function listenOn(options: ListenOptions, handler: ListenHandler): TcpListener | { readonly failure: TcpFailure } {
  const { local, port, device, passwords } = options;
  const family = familyOf(local);
  const opened = bindWith({ host: scoped(local, device), port, ipv6Only: family === 'IPv6' }, (fd) => {
    const failures = passwords.map(({ remotes, password }) => setOptions(fd, passwordOption(remotes, password)));
    return setOptions(fd, socketOptions(family, options)) ?? failures.find((failure) => failure !== undefined);
  });
  if ('failure' in opened) return opened;
  const { bound, fd } = opened;
  const server = net.createServer((tcp) => accept(tcp, handler));
  server.on('error', (error) => handler.failed(failureOf(error)));
  server.listen(bound);
  return {
    setPassword: (remotes, password) =>
      server.listening ? setOptions(fd, passwordOption(remotes, password)) : 'listen: closed',
    close: () => void server.close(),
  };
}

/** Options are inherited from the listening socket. */
function accept(tcp: net.Socket, handler: ListenHandler): void {
  const addresses = addressesOf(tcp);
  // Node does not tell the descriptor of what it has accepted.
  const connection = new LinuxTcpConnection(tcp, () => 'setsockopt TCP_MD5SIG: the connection was accepted');
  const listener = addresses && handler.accepted(connection, addresses);
  if (listener === undefined) {
    tcp.on('error', () => {});
    tcp.destroy();
    return;
  }
  connection.listen(listener);
  connection.accepted();
}

class LinuxTcpConnection implements TcpConnection {
  readonly #tcp: net.Socket;
  readonly #changePassword: (password: Uint8Array | undefined) => TcpFailure | undefined;
  #unsentOctets = 0;
  /** Nobody listens any more. */
  #isOver = false;
  #isDrainTold = true;
  #drained = (): void => {};

  constructor(tcp: net.Socket, changePassword: (password: Uint8Array | undefined) => TcpFailure | undefined) {
    this.#tcp = tcp;
    this.#changePassword = changePassword;
  }

  get unsentOctets(): number {
    return this.#unsentOctets;
  }

  listen(handler: TcpHandler): void {
    this.#tcp.on('data', (octets) => {
      if (this.#isOver) return;
      handler.received(octets);
      if (octets.length >= muchOctets) this.#letOthersRun();
    });
    this.#tcp.once('end', () => this.#closed(handler, 'the peer has closed the connection'));
    this.#tcp.on('error', (error) => this.#closed(handler, failureOf(error)));
    this.#tcp.once('close', () => this.#closed(handler, 'the connection is closed'));
    this.#drained = () => handler.drained();
  }

  connected(handler: TcpHandler): void {
    this.accepted();
    if (this.#isOver) return;
    const addresses = addressesOf(this.#tcp);
    // The peer may have reset it already: that is told by an event of its own.
    if (addresses !== undefined) handler.connected(addresses);
  }

  accepted(): void {
    this.#tcp.setNoDelay(true);
  }

  write(octets: Uint8Array): void {
    if (this.#isOver) return;
    this.#unsentOctets += octets.length;
    this.#tcp.write(octets, () => this.#taken(octets.length));
  }

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#tcp.end();
    const patience = setTimeout(() => this.#tcp.destroy(), longestFarewellMs);
    this.#tcp.once('close', () => clearTimeout(patience));
  }

  reset(): void {
    this.#isOver = true;
    // There is nothing to reset before the peer has answered, and Node would wait for that.
    if (this.#tcp.connecting) this.#tcp.destroy();
    else this.#tcp.resetAndDestroy();
  }

  changePassword(password: Uint8Array | undefined): TcpFailure | undefined {
    return this.#isOver || this.#tcp.destroyed ? 'setsockopt TCP_MD5SIG: closed' : this.#changePassword(password);
  }

  /** Node reads two megabytes in one turn if they are there: a peer that sends that much waits for everybody else in between. */
  #letOthersRun(): void {
    this.#tcp.pause();
    setImmediate(() => this.#tcp.resume());
  }

  /** Many writes are taken at once: told once. */
  #taken(octets: number): void {
    this.#unsentOctets -= octets;
    if (!this.#isDrainTold) return;
    this.#isDrainTold = false;
    process.nextTick(() => {
      this.#isDrainTold = true;
      if (!this.#isOver) this.#drained();
    });
  }

  #closed(handler: TcpHandler, failure: TcpFailure): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#tcp.destroy();
    handler.closed(failure);
  }
}

/** What could not be opened: that is told like any other failure. */
function failing(failure: TcpFailure, handler: TcpHandler): TcpConnection {
  let isOver = false;
  const give = (): void => void (isOver = true);
  process.nextTick(() => {
    if (!isOver) handler.closed(failure);
  });
  return { unsentOctets: 0, write() {}, end: give, reset: give, changePassword: () => failure };
}

function hostPrefix(ip: Ip): { readonly ip: Ip; readonly prefixBits: number } {
  return { ip, prefixBits: bitsOf[familyOf(ip)] };
}

/** A link-local address is one of an interface. */
function scoped(ip: Ip, device: string | undefined): string {
  return device !== undefined && /^fe[89ab]/.test(ip) ? `${ip}%${device}` : ip;
}

/** Undefined once the connection is gone. */
function addressesOf({ localAddress, remoteAddress }: net.Socket): Addresses | undefined {
  const [local, remote] = [unscoped(localAddress), unscoped(remoteAddress)];
  return local === undefined || remote === undefined ? undefined : { local, remote };
}

function unscoped(address: string | undefined): Ip | undefined {
  return address === undefined ? undefined : parseIp(address.replace(/%.*$/, ''));
}

function failureOf(error: unknown): TcpFailure {
  if (error instanceof SystemCallError) return `${error.call}: ${error.code}`;
  assert(error instanceof Error);
  const { syscall, code } = error as NodeJS.ErrnoException;
  return code === undefined ? error.message : `${syscall ?? 'socket'}: ${code}`;
}
