// The seam between the speaker's two threads: the cluster thread says what is wanted, the wire thread says what it sees. Plain data, one type
// each way, whole state every time; nothing else crosses but `stop` and the heartbeat counters.
import type { Ip } from '#shared/net/ip.ts';
import type { Mac } from '#shared/net/mac.ts';

/** An address that somebody may have to answer for. */
export interface DesiredAddress {
  readonly ip: Ip;
  /** This node is to answer for it now. */
  readonly owned: boolean;
  /** Names, or any suitable interface with an on-link prefix that holds the address. */
  readonly interfaces: readonly string[] | 'any';
}

/** At most this many addresses travel in one message, so that no clone is itself a stall. */
export const desiredChunkAddresses = 500;
export const desiredMaxAddresses = 10_000;

/** One chunk of a generation; in force when its last chunk has come. */
export interface WireDesired {
  readonly kind: 'desired';
  readonly generation: number;
  readonly chunk: number;
  readonly chunks: number;
  /** In the order in which they are to be announced: those with most endpoints first. */
  readonly addresses: readonly DesiredAddress[];
  /** Interfaces whose name matches one of these regular expressions carry no announcements. */
  readonly excludedInterfaces: readonly string[];
}

export type ToWire = WireDesired | { readonly kind: 'stop' };

export interface ObservedAddress {
  readonly ip: Ip;
  /** Where it is answered now; empty when nowhere. */
  readonly interfaces: readonly string[];
  readonly counters: { readonly requests: number; readonly replies: number; readonly announcements: number };
}

export interface ObservedInterface {
  readonly name: string;
  readonly mac: Mac;
  /** Carries a packet socket now. */
  readonly open: boolean;
  /** Why it carries none. */
  readonly reason?: string;
}

export interface WireLogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

/** One series of a metric that the wire thread counts. */
export interface WireCounter {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly total: number;
}

/** Whole state, at most ten a second; a change of carrier comes at once. */
export interface WireObserved {
  readonly kind: 'observed';
  /** From 1; a gap is messages dropped because they were not read. */
  readonly sequence: number;
  /** The last generation in force; 0 before the first. */
  readonly generation: number;
  /** Addresses that this node owns. */
  readonly addresses: readonly ObservedAddress[];
  readonly interfaces: readonly ObservedInterface[];
  /** Of this machine, but for those on `lo` and `kube-ipvs0`. */
  readonly hostAddresses: readonly Ip[];
  /** Next hops of the default routes. */
  readonly gateways: readonly Ip[];
  /** Missing capability and the like: the wire thread lives, but something of it is off. */
  readonly problems: readonly string[];
  /** Since the last message. */
  readonly log: readonly WireLogLine[];
  /** Totals since start. */
  readonly counters: readonly WireCounter[];
}

export type FromWire = WireObserved | { readonly kind: 'ready' } | { readonly kind: 'fatal'; readonly message: string };

/** One end of the channel; the real one is a MessagePort, the simulator has its own. */
export interface Channel<Out, In> {
  /** Messages that newer ones replaced because the other thread did not take them, since the start. */
  readonly dropped: number;
  post(message: Out): void;
  onMessage(handler: (message: In) => void): void;
}

export interface Message {
  readonly kind: string;
  readonly generation?: number;
  readonly sequence?: number;
}

/** More than this many messages posted and not taken: further ones wait at the sender, where newer ones replace older ones. */
export const maxUnreadMessages = 64;

/** Whole state replaces older whole state; chunks of one generation belong together. */
export function isReplacedBy(older: Message, newer: Message): boolean {
  if (older.kind !== newer.kind) return false;
  if (newer.sequence !== undefined) return true;
  return newer.generation !== undefined && older.generation !== newer.generation;
}
