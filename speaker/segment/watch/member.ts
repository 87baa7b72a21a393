// A peer of the segment, and all that this node itself has seen of it (layer2 §3.1). What others tell of it is never written here.
import type { Mac } from '#shared/net/mac.ts';
import { familyOf } from '#shared/net/ip.ts';
import { rangeOfPrefix, type Prefix, type Range } from '#shared/net/range.ts';
import { fnv1a32 } from '../../desired/rendezvous.ts';
import type { MemberLife } from '../effect.ts';
import type { Endpoint } from '../event.ts';
import type { DownNoticeCause } from '../message/verdict.ts';
import type { MemberFlags } from '../message/member-flags.ts';
import { nodeIdToBytes, type NodeId } from '../node-id.ts';
import type { Profile } from '../profile.ts';
import type { Suspicion } from './suspicion.ts';

export interface Member {
  readonly id: NodeId;
  /** As rendezvous hashing takes it. */
  readonly hash: number;
  incarnation: number;
  /** The highest heard of this incarnation. */
  sequence: number;
  mac: Mac;
  interfaceName: string;
  prefixes: readonly Prefix[];
  /** The same, but for addresses of hosts. */
  ranges: readonly Range[];
  flags: MemberFlags;
  /** How often it beats. */
  beatMs: number;
  source: Endpoint;
  /** Heard only while it listened: no member yet. */
  joining: boolean;
  /** Direct evidence: the last packet, HELLO, multicast, and ARP answers of kernel and speaker. −Infinity: never. */
  heardMs: number;
  helloMs: number;
  multicastMs: number;
  kernelMs: number;
  speakerMs: number;
  /** Up without a break since then. */
  upSinceMs: number;
  /** This node is one of its watchers since then. */
  watchedSinceMs: number | undefined;
  /** Of the last BEAT heard, and of the last one sent to it. */
  beatSequence: number;
  sentBeats: number;
  /** Beats in a row that say that it hears nobody. */
  quietBeats: number;
  /** Not suspected again before then. */
  spareUntilMs: number;
  suspicion: Suspicion | undefined;
  /** Its kernel lives, its speaker does not. */
  absence: Absence | undefined;
  down: Down | undefined;
  /** When its kernel was last asked for no reason, and how often in a row it did not answer. */
  kernelCheckMs: number;
  kernelMisses: number;
  pathBlocked: boolean;
  /** What others were told of its life. */
  told: MemberLife | undefined;
  /** Asked for beats since it is watched; told to the group that it is up. */
  pingedMs: number;
  upToldMs: number;
  /** Told by unicast that this node is there. */
  greetedMs: number;
}

export interface Absence {
  readonly sinceMs: number;
  /** Nobody takes its addresses before then. */
  untilMs: number;
  /** Its next process was heard, once. */
  restarted: boolean;
  nextProbeMs: number;
  /** What it sent up to this one does not end it. */
  readonly sequence: number;
}

export type DownCause = DownNoticeCause | 'outOfService';

export interface Down {
  readonly incarnation: number;
  readonly cause: DownCause;
  readonly sinceMs: number;
  /** What it sent up to this one is no sign of life. */
  readonly sequence: number;
}

export const neverMs = -Infinity;

/** What is on-link: the address of a host is no prefix. */
export function onLinkRanges(prefixes: readonly Prefix[]): readonly Range[] {
  return prefixes
    .filter(({ ip, prefixBits }) => prefixBits < (familyOf(ip) === 'IPv4' ? 32 : 128))
    .map((prefix) => rangeOfPrefix(prefix));
}

export function memberHash(id: NodeId): number {
  return fnv1a32(nodeIdToBytes(id));
}

/** It can own addresses and is believed; a suspect still is. */
export function isLive({ joining, down }: Member): boolean {
  return !joining && down === undefined;
}

export function lifeOf({ joining, down, suspicion, absence }: Member): MemberLife {
  if (joining) return 'joining';
  if (down !== undefined) return 'down';
  if (absence !== undefined) return 'speakerDown';
  return suspicion === undefined ? 'up' : 'suspect';
}

/** Ts: how long it may be silent. Long enough for the slower one of two profiles. */
export function suspicionMsOf({ beatMs }: Member, { suspicionMs }: Profile): number {
  return Math.max(suspicionMs, 3.5 * beatMs);
}

/** Three times in a row its kernel did not answer although it beat: its silence is worth less. */
export function isKernelMute({ kernelMisses }: Member): boolean {
  return kernelMisses >= 3;
}
