// UDP on one interface, as everything but the wire thread's main program sees it: injected, with a real (Linux) and a simulated implementation.
// Only neighbours are heard: what comes with another hop limit than 255 has passed a router and is dropped (GTSM, RFC 5082).
import type { Ip } from '#shared/net/ip.ts';
import type { SendOutcome, SystemFailure } from './packet-socket.ts';

export interface UdpEndpoint {
  readonly ip: Ip;
  readonly port: number;
}

export interface UdpOptions {
  readonly interfaceIndex: number;
  /** For a socket: an address of the interface, from which it sends; for a group receiver: the group. */
  readonly ip: Ip;
  /** 0: one that is free. */
  readonly port: number;
}

/** `Datagram`: octets on a real machine; in the simulator it may be something that needs no codec. */
export interface UdpListener<Datagram = Uint8Array> {
  /** Octets are valid during the call only; longer ones than any of ours may be cut off. */
  datagram(datagram: Datagram, source: UdpEndpoint): void;
  /** The socket broke and has closed itself. Loss of carrier, address or interface does not break it: the owner hears of them by netlink. */
  failed(failure: SystemFailure): void;
}

/** Totals since it was opened. */
export interface UdpStatistics {
  readonly received: number;
  readonly sent: number;
  readonly sendErrors: ReadonlyMap<string, number>;
  /** Datagrams that came with another hop limit than 255, or found no room. */
  readonly kernelDrops: number;
}

export interface UdpReceiver {
  /** Delivers what has come so far, now, so that nothing is concluded from a silence that is none. Not from within `datagram`. */
  receiveWaiting(): void;
  statistics(): UdpStatistics;
  /** Nothing is delivered after it returns. */
  close(): void;
}

export interface UdpSocket<Datagram = Uint8Array> extends UdpReceiver {
  /** Where it is to be answered. */
  readonly port: number;
  /** To a neighbour or to a group; programs of this machine that listen to the group hear it too, this one included. */
  send(datagram: Datagram, to: UdpEndpoint): SendOutcome;
}

export interface UdpSockets<Datagram = Uint8Array> {
  /** Of several sockets with one address and port the one opened last hears what is sent to them. */
  open(options: UdpOptions, listener: UdpListener<Datagram>): UdpSocket<Datagram> | SystemFailure;
  /** Hears what is sent to the group on this interface; any number of them do. */
  listenToGroup(options: UdpOptions, listener: UdpListener<Datagram>): UdpReceiver | SystemFailure;
}
