// Whole Ethernet frames of one interface, as everything but the wire thread's main program sees them: injected, with a real (Linux) and a
// simulated implementation.
import type { Ip } from '#shared/net/ip.ts';
import type { BpfProgram } from './classic-bpf.ts';

export interface PacketSocketOptions {
  readonly interfaceIndex: number;
  readonly etherType: number;
  readonly filter: PacketFilter;
}

export interface PacketFilter {
  readonly program: BpfProgram;
  /** Taken instead where the kernel has no room for the program. */
  readonly coarse: BpfProgram;
}

export interface PacketSocketListener {
  /** The bytes are valid during the call only. */
  frame(bytes: Uint8Array): void;
  /** The interface went down or away, or the socket broke: it has closed itself. */
  failed(failure: SystemFailure): void;
}

/** A system call that failed, by its name and the errno's. */
export interface SystemFailure {
  readonly call: string;
  readonly code: string;
}

/** `full`: the device queue or the buffer is full, worth another try; `failed`: `failed` was called, or the frame is lost. */
export type SendOutcome = 'sent' | 'full' | 'failed';

/** Totals since it was opened. */
export interface PacketSocketStatistics {
  readonly received: number;
  readonly sent: number;
  readonly sendErrors: ReadonlyMap<string, number>;
  readonly filterReplacements: number;
  /** Frames that passed the filter and found no room. */
  readonly kernelDrops: number;
}

export interface PacketSocket {
  send(frame: Uint8Array): SendOutcome;
  /** Replaces the filter in one step: no frame is judged by a mixture. */
  setFilter(filter: PacketFilter): void;
  /**
   * The interface takes part in the IPv6 group from now on, so that what is sent to the group comes here. Not twice. Tells why it does not.
   */
  join(group: Ip): SystemFailure | undefined;
  /** Ends what `join` began; `close` ends all. */
  leave(group: Ip): void;
  /** Delivers what has come so far, now, so that nothing is concluded from a silence that is none. Not from within `frame`. */
  receiveWaiting(): void;
  /** Throws away what was received and not yet delivered; tells how many frames. */
  discardReceived(): number;
  statistics(): PacketSocketStatistics;
  /** Nothing is delivered after it returns. */
  close(): void;
}

export interface PacketSockets {
  open(options: PacketSocketOptions, listener: PacketSocketListener): PacketSocket | SystemFailure;
}
