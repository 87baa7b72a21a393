// UDP as BFD needs it (RFC 5881 §4, §5; RFC 5883 §4, §5). Injected: Linux, or a played network.
import type { Ip } from '#shared/net/ip.ts';
import type { SendOutcome, SystemFailure } from '../l2/packet-socket.ts';

/** Where packets to us arrive. */
export interface LocalPath {
  readonly local: Ip;
  /** Of the interface of a link-local address, or of a VRF: nothing comes or goes elsewhere. */
  readonly interfaceIndex: number | undefined;
  readonly multihop: boolean;
}

/** Of one session, and of no other. */
export interface SessionPath extends LocalPath {
  readonly remote: Ip;
}

export const bfdPorts = { singleHop: 3784, multihop: 4784 } as const;
/** Each session sends from one of its own. */
export const sourcePorts = { first: 49_152, last: 65_535 } as const;

export interface BfdListener {
  /** Octets are valid during the call only. */
  datagram(octets: Uint8Array, source: Ip, hopLimit: number): void;
  /** The socket broke and has closed itself. */
  failed(failure: SystemFailure): void;
}

export interface BfdReceiver {
  /** Delivers what has come so far, now, so that nothing is concluded from a silence that is none. Not from within `datagram`. */
  receiveWaiting(): void;
  /** Nothing is delivered after it returns. */
  close(): void;
}

export interface BfdSender {
  /** With hop limit 255. */
  send(octets: Uint8Array): SendOutcome;
  close(): void;
}

export interface BfdSockets {
  /** The address that the kernel would send from. */
  sourceTowards(remote: Ip, interfaceIndex: number | undefined): Ip | SystemFailure;
  /** Shared with no other program. Of a single hop what comes with another hop limit than 255 is not heard. */
  listen(path: LocalPath, listener: BfdListener): BfdReceiver | SystemFailure;
  open(path: SessionPath, sourcePort: number): BfdSender | SystemFailure;
}

export function portOf({ multihop }: LocalPath): number {
  return multihop ? bfdPorts.multihop : bfdPorts.singleHop;
}
