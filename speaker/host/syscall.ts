// Linux system calls that Node lacks, over buffers and numbers. The only file that knows koffi, so that another way to call C can replace it.
//
// No call may block: descriptors are opened non-blocking, and a thread that sits in a blocking call can be ended by nothing.
import assert from 'node:assert';
import koffi from 'koffi';
import { linux } from './linux.ts';

/** A system call that failed. `code` is the errno's name, as EPERM. */
export class SystemCallError extends Error {
  override readonly name = 'SystemCallError';
  readonly call: string;
  readonly code: string;

  constructor(call: string, errno: number) {
    const code = errnoName(errno);
    super(`${call} failed with ${code}`);
    this.call = call;
    this.code = code;
  }
}

const muslArchitectures: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64' };

function loadLibc(): ReturnType<typeof koffi.load> {
  try {
    return koffi.load('libc.so.6');
  } catch {
    return koffi.load(`libc.musl-${muslArchitectures[process.arch] ?? process.arch}.so.1`);
  }
}

const libc = loadLibc();
// koffi has no ssize_t; long is as wide.
const libcSocket: (domain: number, type: number, protocol: number) => number = libc.func(
  'int socket(int domain, int type, int protocol)',
);
const libcBind: (fd: number, address: Uint8Array, length: number) => number = libc.func(
  'int bind(int fd, const void *address, uint32_t length)',
);
const libcConnect: (fd: number, address: Uint8Array, length: number) => number = libc.func(
  'int connect(int fd, const void *address, uint32_t length)',
);
const libcIfNametoindex: (name: string) => number = libc.func('unsigned int if_nametoindex(const char *name)');
const libcSetsockopt: (fd: number, level: number, option: number, value: Uint8Array, length: number) => number =
  libc.func('int setsockopt(int fd, int level, int option, const void *value, uint32_t length)');
const libcGetsockopt: (fd: number, level: number, option: number, value: Uint8Array, length: Uint8Array) => number =
  libc.func('int getsockopt(int fd, int level, int option, void *value, void *length)');
const libcRecv: (fd: number, buffer: Uint8Array, size: number, flags: number) => number = libc.func(
  'long recv(int fd, void *buffer, size_t size, int flags)',
);
const libcSend: (fd: number, buffer: Uint8Array, size: number, flags: number) => number = libc.func(
  'long send(int fd, const void *buffer, size_t size, int flags)',
);
const libcRecvfrom: (
  fd: number,
  buffer: Uint8Array,
  size: number,
  flags: number,
  address: Uint8Array,
  length: Uint32Array,
) => number = libc.func('long recvfrom(int fd, void *buffer, size_t size, int flags, void *address, void *length)');
const libcSendto: (
  fd: number,
  buffer: Uint8Array,
  size: number,
  flags: number,
  address: Uint8Array,
  length: number,
) => number = libc.func(
  'long sendto(int fd, const void *buffer, size_t size, int flags, const void *address, uint32_t length)',
);
const libcRecvmsg: (fd: number, message: Uint8Array, flags: number) => number = libc.func(
  'long recvmsg(int fd, void *message, int flags)',
);
const libcGetsockname: (fd: number, address: Uint8Array, length: Uint32Array) => number = libc.func(
  'int getsockname(int fd, void *address, void *length)',
);
const libcClose: (fd: number) => number = libc.func('int close(int fd)');

/** Whoever opened a descriptor closes it, once: a reused number would close a stranger's. */
const openDescriptors = new Set<number>();

const { EINTR } = koffi.os.errno;

/** Runs a call; −errno when it failed. EINTR is tried once more. The errno is read before anything else can change it. */
function attempt(call: () => number): number {
  let result = call();
  if (result >= 0) return result;
  let errno = koffi.errno();
  if (errno === EINTR) {
    result = call();
    if (result >= 0) return result;
    errno = koffi.errno();
  }
  return -errno;
}

function check(name: string, result: number): number {
  if (result < 0) throw new SystemCallError(name, -result);
  return result;
}

/** The name of an errno, as EAGAIN. */
export function errnoName(errno: number): string {
  return errnoNames.get(errno) ?? `errno ${errno}`;
}

// EAGAIN and EWOULDBLOCK are one number: the first name stays.
const errnoNames = new Map(
  Object.entries(koffi.os.errno)
    .map(([name, errno]) => [errno, name] as const)
    .toReversed(),
);

/** Opens a non-blocking socket that programs started from here do not inherit. Throws SystemCallError. */
export function socket(domain: number, type: number, protocol: number): number {
  const flags = type | linux.SOCK_NONBLOCK | linux.SOCK_CLOEXEC;
  const fd = check(
    'socket',
    attempt(() => libcSocket(domain, flags, protocol)),
  );
  openDescriptors.add(fd);
  return fd;
}

/** `address` is the whole sockaddr structure. Throws SystemCallError. */
export function bind(fd: number, address: Uint8Array): void {
  check(
    'bind',
    attempt(() => libcBind(fd, address, address.length)),
  );
}

/** Of a datagram socket: whom it talks to from now on, and from which address. Sends nothing. Throws SystemCallError. */
export function connect(fd: number, address: Uint8Array): void {
  check(
    'connect',
    attempt(() => libcConnect(fd, address, address.length)),
  );
}

/** Undefined when there is no interface of that name. */
export function interfaceIndexOf(name: string): number | undefined {
  return libcIfNametoindex(name) || undefined;
}

/** Throws SystemCallError. */
export function setSocketOption(fd: number, level: number, option: number, value: Uint8Array): void {
  check(
    'setsockopt',
    attempt(() => libcSetsockopt(fd, level, option, value, value.length)),
  );
}

/** Fills `value`. Throws SystemCallError. */
export function getSocketOption(fd: number, level: number, option: number, value: Uint8Array): void {
  const length = new Uint8Array(Uint32Array.of(value.length).buffer);
  check(
    'getsockopt',
    attempt(() => libcGetsockopt(fd, level, option, value, length)),
  );
}

/** Attaches a classic BPF program, given as an array of struct sock_filter. Throws SystemCallError. */
export function attachFilter(fd: number, instructions: Uint8Array): void {
  // struct sock_fprog: u16 count, 6 octets of padding, u64 pointer. The array stays referenced from here until the call returns.
  const program = Buffer.alloc(16);
  program.writeUInt16LE(instructions.length / 8, 0);
  program.writeBigUInt64LE(memoryAddress(instructions), 8);
  setSocketOption(fd, linux.SOL_SOCKET, linux.SO_ATTACH_FILTER, program);
}

/** Octets received into `buffer`; −errno when there are none. Never throws: this is the hot path. */
export function recv(fd: number, buffer: Uint8Array): number {
  return attempt(() => libcRecv(fd, buffer, buffer.length, linux.MSG_DONTWAIT));
}

/** Octets sent; −errno when none were. Never throws: this is the hot path. */
export function send(fd: number, bytes: Uint8Array): number {
  return attempt(() => libcSend(fd, bytes, bytes.length, linux.MSG_DONTWAIT));
}

/** What the kernel is told of the room for an address, and tells of it. */
const addressLength = new Uint32Array(1);

/** As `recv`; the sender's sockaddr structure comes into `address`. */
export function recvFrom(fd: number, buffer: Uint8Array, address: Uint8Array): number {
  addressLength[0] = address.length;
  return attempt(() => libcRecvfrom(fd, buffer, buffer.length, linux.MSG_DONTWAIT, address, addressLength));
}

/** As `recv`; `message` is a struct msghdr that says where everything goes. */
export function recvMessage(fd: number, message: Uint8Array): number {
  return attempt(() => libcRecvmsg(fd, message, linux.MSG_DONTWAIT));
}

/** For structures that point to others, which stay where they are as long as somebody holds them. */
export function memoryAddress(bytes: Uint8Array): bigint {
  return koffi.address(bytes);
}

/** As `send`; `address` is the receiver's whole sockaddr structure. */
export function sendTo(fd: number, bytes: Uint8Array, address: Uint8Array): number {
  return attempt(() => libcSendto(fd, bytes, bytes.length, linux.MSG_DONTWAIT, address, address.length));
}

/** The sockaddr structure that the socket is bound to comes into `address`. Throws SystemCallError. */
export function getSocketName(fd: number, address: Uint8Array): void {
  addressLength[0] = address.length;
  check(
    'getsockname',
    attempt(() => libcGetsockname(fd, address, addressLength)),
  );
}

export function close(fd: number): void {
  assert(openDescriptors.delete(fd), `descriptor ${fd} is closed already or not ours`);
  libcClose(fd);
}

/** A poll handle that nothing refers to is collected, and its socket falls silent without any error. */
const watched = new Set<FdWatch>();

export interface FdWatch {
  /** To be called before the descriptor is closed; the callback does not run again. */
  close(): void;
}

/**
 * Calls `onReadable` as long as there is something to read, an error of the socket included. What it throws becomes an uncaught exception.
 */
export function watchFd(fd: number, onReadable: () => void): FdWatch {
  const interest = { readable: true };
  // The first argument is libuv's status, whatever the typings say.
  const ready = (status: unknown): void => {
    if (!watched.has(watch)) return;
    try {
      onReadable();
    } catch (error) {
      // koffi swallows exceptions of its callbacks.
      process.nextTick(() => {
        throw error;
      });
    }
    // libuv stops watching a socket that has an error; reading has cleared the error.
    if (status !== 0 && watched.has(watch)) poll.start(interest, ready);
  };
  const poll = koffi.node.poll(fd, interest, ready);
  const watch: FdWatch = {
    close() {
      if (watched.delete(watch)) poll.close();
    },
  };
  watched.add(watch);
  return watch;
}
