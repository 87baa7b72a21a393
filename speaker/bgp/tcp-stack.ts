// TCP as BGP sessions need it: with options that are all in force or the connection is not made. Injected: Linux, or a played network.
import type { Ip } from '#shared/net/ip.ts';
import type { Prefix } from '#shared/net/range.ts';
import type { Addresses } from './peer-state.ts';

/** The other side, and what every packet to and from it must be like. */
export interface Transport {
  readonly remote: Ip;
  readonly port: number;
  /** Undefined: the one that the kernel would choose. */
  readonly local: Ip | undefined;
  /** The interface that a link-local address is on, or a VRF: nothing comes or goes elsewhere. */
  readonly device: string | undefined;
  /** TTL or hop limit that is sent. */
  readonly hopLimit: number;
  /** What comes with less is dropped by the kernel (RFC 5082); 1 lets everything in. */
  readonly leastHopLimit: number;
  /** Of TCP MD5 (RFC 2385): 1 to 80 octets. Undefined: none, and segments that are signed are dropped. */
  readonly password: Uint8Array | undefined;
  /** How long octets may stay without acknowledgement before the kernel gives up. */
  readonly userTimeoutMs: number;
}

/** What went wrong, for people: `connect: ECONNREFUSED`. */
export type TcpFailure = string;

/** Never called back before the call that it was given to has returned; nothing follows `closed`. */
export interface TcpHandler {
  connected(addresses: Addresses): void;
  /** What came; its memory is the handler's. */
  received(octets: Uint8Array): void;
  /** The kernel has taken what was written, or some of it. */
  drained(): void;
  /** The connection could not be had, or the peer has ended it. Not called for what was closed here. */
  closed(failure: TcpFailure): void;
}

export interface TcpConnection {
  /** Octets that the kernel has not taken yet. */
  readonly unsentOctets: number;
  write(octets: Uint8Array): void;
  /** Sends what is still to be sent, then FIN. */
  end(): void;
  /** Sends RST, and nothing else any more. */
  reset(): void;
  /** While it is in use. Undefined: done; else why not, and the connection goes on with the password before. */
  changePassword(password: Uint8Array | undefined): TcpFailure | undefined;
}

/** Who signs, and with what. */
export interface PeerPassword {
  readonly remotes: Prefix;
  readonly password: Uint8Array;
}

export interface ListenOptions {
  /** Never the wildcard: another program of the node may listen on its own addresses. */
  readonly local: Ip;
  readonly port: number;
  readonly device: string | undefined;
  readonly hopLimit: number;
  readonly leastHopLimit: number;
  readonly userTimeoutMs: number;
  /** In force before the first connection can come. */
  readonly passwords: readonly PeerPassword[];
}

export interface ListenHandler {
  /** The handler for the connection, or undefined: it is closed at once, without a word. */
  accepted(connection: TcpConnection, addresses: Addresses): TcpHandler | undefined;
  /** It does not listen any more. */
  failed(failure: TcpFailure): void;
}

export interface TcpListener {
  /** What those peers must sign with from now on; undefined: nothing. The longest prefix counts. Answers as `changePassword` does. */
  setPassword(remotes: Prefix, password: Uint8Array | undefined): TcpFailure | undefined;
  close(): void;
}

export interface TcpStack {
  /** The address that the kernel would send from; undefined: there is no way there now. */
  sourceTowards(remote: Ip, device: string | undefined): Ip | undefined;
  /** An option that cannot be had is a failure, told to the handler like all others. */
  connect(transport: Transport, handler: TcpHandler): TcpConnection;
  listen(options: ListenOptions, handler: ListenHandler): TcpListener | { readonly failure: TcpFailure };
}
