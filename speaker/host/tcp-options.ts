// The options of BGP's TCP sockets (ip(7), ipv6(7), tcp(7)): which there are, and setting them so that none is half-honoured.
import { ByteWriter } from '#shared/net/byte-writer.ts';
import { bitsOf, familyOf, type Family } from '#shared/net/ip.ts';
import type { Prefix } from '#shared/net/range.ts';
import type { ListenOptions } from '#speaker/bgp/tcp-stack.ts';
import { linux } from './linux.ts';
import { internetAddress } from './socket-address.ts';
import { setSocketOption, SystemCallError } from './syscall.ts';

interface SocketOption {
  readonly level: number;
  readonly option: number;
  readonly value: Uint8Array;
}

/** By its name, for what is told when it cannot be had. */
type SocketOptions = Readonly<Record<string, SocketOption>>;

/** Internetwork control (RFC 2474, CS6). */
const trafficClass = 0xc0;
const sockaddrStorageOctets = 128;
const md5Octets = 216;

/** Sets all of them; the first that cannot be had: its name and why. */
export function setOptions(fd: number, options: SocketOptions): string | undefined {
  for (const [name, { level, option, value }] of Object.entries(options)) {
    try {
      setSocketOption(fd, level, option, value);
    } catch (error) {
      if (error instanceof SystemCallError) return `setsockopt ${name}: ${error.code}`;
      throw error;
    }
  }
  return undefined;
}

export function socketOptions(
  family: Family,
  { device, hopLimit, leastHopLimit, userTimeoutMs }: Omit<ListenOptions, 'local' | 'port' | 'passwords'>,
): SocketOptions {
  return {
    ...(device === undefined ? {} : deviceOption(device)),
    ...(family === 'IPv4' ? ipv4Options(hopLimit, leastHopLimit) : ipv6Options(hopLimit, leastHopLimit)),
    TCP_USER_TIMEOUT: { level: linux.IPPROTO_TCP, option: linux.TCP_USER_TIMEOUT, value: int(userTimeoutMs) },
  };
}

export function deviceOption(name: string): SocketOptions {
  const value = new TextEncoder().encode(`${name}\0`);
  return { SO_BINDTODEVICE: { level: linux.SOL_SOCKET, option: linux.SO_BINDTODEVICE, value } };
}

function ipv4Options(hopLimit: number, leastHopLimit: number): SocketOptions {
  const level = linux.IPPROTO_IP;
  return {
    IP_TOS: { level, option: linux.IP_TOS, value: int(trafficClass) },
    IP_TTL: { level, option: linux.IP_TTL, value: int(hopLimit) },
    ...(leastHopLimit > 1 ? { IP_MINTTL: { level, option: linux.IP_MINTTL, value: int(leastHopLimit) } } : {}),
  };
}

function ipv6Options(hopLimit: number, leastHopLimit: number): SocketOptions {
  const level = linux.IPPROTO_IPV6;
  const least = { IPV6_MINHOPCOUNT: { level, option: linux.IPV6_MINHOPCOUNT, value: int(leastHopLimit) } };
  return {
    IPV6_TCLASS: { level, option: linux.IPV6_TCLASS, value: int(trafficClass) },
    IPV6_UNICAST_HOPS: { level, option: linux.IPV6_UNICAST_HOPS, value: int(hopLimit) },
    ...(leastHopLimit > 1 ? least : {}),
  };
}

/** struct tcp_md5sig: what is signed with, to and from these addresses (RFC 2385). Without a password: what was set is taken away. */
export function passwordOption({ ip, prefixBits }: Prefix, password: Uint8Array | undefined): SocketOptions {
  const isHost = prefixBits === bitsOf[familyOf(ip)];
  const address = internetAddress({ ip, port: 0 }, 0);
  const key = password ?? new Uint8Array(0);
  const value = new ByteWriter(md5Octets, 'little')
    .bytes(address)
    .zeros(sockaddrStorageOctets - address.length)
    .u8(isHost ? 0 : linux.TCP_MD5SIG_FLAG_PREFIX)
    .u8(isHost ? 0 : prefixBits)
    .u16(key.length)
    .zeros(4)
    .bytes(key)
    .zeros(linux.TCP_MD5SIG_MAXKEYLEN - key.length)
    .finish();
  const option = isHost ? linux.TCP_MD5SIG : linux.TCP_MD5SIG_EXT;
  return { TCP_MD5SIG: { level: linux.IPPROTO_TCP, option, value } };
}

function int(value: number): Uint8Array {
  return new Uint8Array(Int32Array.of(value).buffer);
}
