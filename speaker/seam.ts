// The seam between the speaker's two threads: the cluster thread says what is wanted, the wire thread says what it sees. Plain data, one type
// each way, whole state every time; nothing else crosses but `stop` and the heartbeat counters.
import type { Ip } from '#shared/net/ip.ts';
import type { Mac } from '#shared/net/mac.ts';
import type { Range } from '#shared/net/range.ts';
import type { BfdState } from './bfd/control-packet.ts';
import type { HostNetworkState } from './l2/host-network.ts';
import type { SegmentKeys } from './segment/admission/keys.ts';
import type { MemberLife, OwnerCause, SegmentCondition } from './segment/effect.ts';
import type { ClusterNode, OwnCondition } from './segment/event.ts';
import type { LeavingMode } from './segment/message/leaving.ts';
import type { NodeId } from './segment/node-id.ts';
import type { DesiredAddress, SavedAddress } from './segment/ownership/desired-address.ts';
import type { ProfileName } from './segment/profile.ts';

/** What the wire thread is started with, and keeps. */
export interface WireOptions {
  readonly node: { readonly id: NodeId; readonly name: string };
  /** Of this process: milliseconds since 1970, and above that of every earlier process of this node. */
  readonly incarnation: number;
  readonly profile: ProfileName;
  /** UDP port of all speakers of the cluster. */
  readonly port: number;
  /** As an earlier process left it, by interface. */
  readonly saved: readonly SavedSegment[];
}

export interface SavedSegment {
  readonly interface: string;
  readonly roster: readonly NodeId[];
  readonly addresses: readonly SavedAddress[];
}

/** At most this many addresses travel in one message, so that no clone is itself a stall. */
export const desiredChunkAddresses = 500;
export const desiredMaxAddresses = 10_000;

/** One chunk of a generation: every address that somebody may have to answer for. In force when its last chunk has come. */
export interface WireDesired {
  readonly kind: 'desired';
  readonly generation: number;
  readonly chunk: number;
  readonly chunks: number;
  /** In the order in which they are to be announced: those with most endpoints first. */
  readonly addresses: readonly DesiredAddress[];
}

/** All else that the wire thread is to know of the cluster and of its own machine's place in it; whole state. */
export interface WireSurroundings {
  readonly kind: 'surroundings';
  /** From 1. */
  readonly sequence: number;
  /** Those that run a speaker or may be members all the same. */
  readonly nodes: readonly ClusterNode[];
  readonly condition: OwnCondition;
  /** Undefined: there is none, and no segment begins. */
  readonly keys: SegmentKeys | undefined;
  /** Of the pools that are announced on LANs: an interface is a segment where one of them is on-link… */
  readonly ranges: readonly Range[];
  /** …or if an L2Advertisement names it. */
  readonly namedInterfaces: readonly string[];
  /** Interfaces whose name matches one of these regular expressions are no segments. */
  readonly excludedInterfaces: readonly string[];
}

/** What BGP sessions want of the wire thread (spec/bgp.md §11, §12); whole state. */
export interface WireRouting {
  readonly kind: 'routing';
  /** From 1. */
  readonly sequence: number;
  readonly bfd: readonly WantedBfd[];
  /** Names of interfaces with an unnumbered peer: router advertisements are sent and heard there. */
  readonly unnumbered: readonly string[];
}

/** A BFD session (RFC 5880) with a BGP peer. */
export interface WantedBfd {
  /** Tells sessions apart. */
  readonly remote: Ip;
  /** Undefined: the address that the kernel would send from. */
  readonly local: Ip | undefined;
  /** The interface of a link-local address, or a VRF. */
  readonly device: string | undefined;
  /** RFC 5883 instead of RFC 5881. */
  readonly multihop: boolean;
  readonly transmitIntervalMs: number;
  readonly receiveIntervalMs: number;
  readonly detectMultiplier: number;
  /** Sends nothing before the peer does. */
  readonly passive: boolean;
  /** What comes with less is dropped; of a single hop it is 255. */
  readonly leastHopLimit: number;
}

export type ToWire =
  | WireDesired
  | WireSurroundings
  | WireRouting
  /** Say so to the other speakers, then close every socket and end. */
  | { readonly kind: 'stop'; readonly mode: LeavingMode };

/** An address that this node owns on some segment. */
export interface ObservedAddress {
  readonly ip: Ip;
  readonly segments: readonly ObservedOwnership[];
  readonly counters: { readonly requests: number; readonly replies: number; readonly announcements: number };
}

export interface ObservedOwnership extends Omit<SavedAddress, 'ip'> {
  /** Name of the interface. */
  readonly segment: string;
  /** Whoever asks is answered now; else it is kept in silence. */
  readonly answering: boolean;
}

export interface ObservedInterface {
  readonly name: string;
  readonly mac: Mac;
  /** Carries a segment, with a packet socket, now. */
  readonly open: boolean;
  /** Why it carries none. */
  readonly reason?: string;
}

/** One LAN as this node sees it. */
export interface ObservedSegment {
  /** Name of the interface. */
  readonly segment: string;
  /** `shadow`: the same LAN is reached through another interface, which speaks. */
  readonly phase: 'waiting' | 'joining' | 'joined' | 'noCarrier' | 'shadow';
  /** Those that are heard or were, with this node. */
  readonly members: Readonly<Partial<Record<MemberLife, number>>>;
  /** To be written down: who is expected here after a restart. */
  readonly roster: readonly NodeId[];
  readonly conditions: readonly ObservedCondition[];
  /** Addresses of which a station that is no member says that it has them: before they were taken, or while they are answered. */
  readonly foreignClaims: readonly ObservedForeignClaim[];
  /** Addresses that were taken and are not announced yet. */
  readonly announcementsQueued: number;
}

export interface ObservedCondition {
  readonly condition: SegmentCondition | 'sameLan';
  /** A node's name or an address; undefined: the whole segment. */
  readonly about: string | undefined;
}

export interface ObservedForeignClaim {
  readonly ip: Ip;
  readonly mac: Mac;
  readonly while: 'probing' | 'owning';
}

/** An address came to this node or left it. */
export interface OwnerChange {
  readonly segment: string;
  readonly ip: Ip;
  readonly owns: boolean;
  readonly cause: OwnerCause;
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

export interface ObservedBfd {
  readonly remote: Ip;
  /** Undefined: none is there to send from. */
  readonly local: Ip | undefined;
  readonly device: string | undefined;
  readonly multihop: boolean;
  readonly state: BfdState;
  /** The peer has taken its session down on purpose: that is no failure. */
  readonly peerAdminDown: boolean;
  /** How often it was Up and then not heard for too long, or told by the peer to be Down: each is a reason to end the BGP session. */
  readonly failures: number;
  /** How long the peer had been silent when it was last missed. */
  readonly lastDetectionMs: number | undefined;
  /** Control packets; how often the session became Up, and was Up no longer, for whatever reason. */
  readonly counters: {
    readonly sent: number;
    readonly received: number;
    readonly dropped: number;
    readonly ups: number;
    readonly downs: number;
  };
}

/** A router that advertises itself on an interface with an unnumbered peer. */
export interface ObservedRouter {
  readonly interface: string;
  /** Link-local. */
  readonly ip: Ip;
  /** Others that do so too: a link to one router is assumed. */
  readonly others: readonly Ip[];
}

/** Whole state, at most ten a second; a change of carrier or of a BFD state comes at once. */
export interface WireObserved {
  readonly kind: 'observed';
  /** From 1; a gap is messages dropped because they were not read. */
  readonly sequence: number;
  /** The last generation in force; 0 before the first. */
  readonly generation: number;
  readonly addresses: readonly ObservedAddress[];
  /** Of those that this node may announce, the ones that lie in no segment of it; the first of them. */
  readonly unplaced: readonly Ip[];
  readonly segments: readonly ObservedSegment[];
  readonly interfaces: readonly ObservedInterface[];
  /** Of this machine, but for those on `lo` and `kube-ipvs0`. */
  readonly hostAddresses: readonly Ip[];
  /** Next hops of the default routes. */
  readonly gateways: readonly Ip[];
  /** The machine's network, but for addresses on `kube-ipvs0`, which has every load-balancer address. */
  readonly network: HostNetworkState;
  readonly bfd: readonly ObservedBfd[];
  readonly routers: readonly ObservedRouter[];
  /** A newer process of this node has taken over: this one is silent for good. */
  readonly retired: boolean;
  /** Missing capability and the like: the wire thread lives, but something of it is off. */
  readonly problems: readonly string[];
  /** Since the last message. */
  readonly log: readonly WireLogLine[];
  readonly ownerChanges: readonly OwnerChange[];
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
