// What a node knows of an address on this segment (layer2 §5.1): who owns it, by which claim, and what this node itself is doing about it.
import type { Ip } from '#shared/net/ip.ts';
import type { Mac } from '#shared/net/mac.ts';
import { mix32, placementHash } from '../../desired/rendezvous.ts';
import type { OwnerCause } from '../effect.ts';
import type { NodeId } from '../node-id.ts';
import { numberOf, octetsOf } from '../octets.ts';
import type { DesiredAddress } from './desired-address.ts';

export interface Address {
  readonly ip: Ip;
  readonly value: bigint;
  readonly hash: number;
  desired: DesiredAddress | undefined;
  /** Of the placement key. */
  keyHash: number;
  /** Some member has an on-link prefix that contains it. */
  onLink: boolean;
  owner: NodeId | undefined;
  /** Whoever was the last one, if none is now. */
  lastOwner: NodeId | undefined;
  epoch: number;
  minority: boolean;
  /** This node took it then. */
  claimedMs: number;
  /** This node announced it, since it took it. */
  announced: boolean;
  /** Its owner said that it does not answer now. */
  silent: boolean;
  /** The highest epoch ever seen; 0: the address was never used as far as is known. */
  floor: number;
  /** Of the packet by which the owner said so last. */
  sequence: number;
  changesMs: readonly number[];
  /** Why the last owner is none any more. */
  lostBy: OwnerCause | undefined;
  /** Its live owner is no candidate since then. */
  ineligibleSinceMs: number | undefined;
  /** Wanted no more since then. */
  undesiredSinceMs: number;
  /** Not claimed before then. */
  holdOffUntilMs: number;
  /** It has been waiting for its turn since then, however often it was ranked anew. */
  waitSinceMs: number | undefined;
  phase: Phase;
}

export type Phase =
  | { readonly kind: 'idle' }
  | {
      readonly kind: 'wait';
      readonly rank: number;
      readonly untilMs: number;
      /** Who should take it. */
      readonly expected: NodeId;
    }
  | { readonly kind: 'probing'; readonly sent: number; readonly nextMs: number }
  | {
      readonly kind: 'owner';
      /** It is answered, but for a mute segment. */
      readonly answering: boolean;
      readonly defences: number;
      readonly defendedMs: number;
      /** A member that announces it was told who has it. */
      readonly rivalToldMs: number;
      readonly handOffAgainMs: number;
      /** Who is preferred, and since when without a break. */
      readonly better: { readonly id: NodeId; readonly sinceMs: number } | undefined;
    }
  | {
      readonly kind: 'handingOff';
      readonly answering: boolean;
      readonly reason: HandOffReason;
      /** Undefined: it waits for its turn. */
      readonly to: NodeId | undefined;
      readonly tried: readonly NodeId[];
      readonly sends: number;
      readonly nextMs: number;
    }
  | { readonly kind: 'blocked'; readonly mac: Mac; readonly nextMs: number }
  /** Later (layer2 §5.6): answers with the MAC of an owner whose speaker is down. */
  | { readonly kind: 'surrogate'; readonly of: NodeId };

export type HandOffReason = 'drain' | 'preference' | 'ineligible';

export const idle: Phase = { kind: 'idle' };

export function newAddress(ip: Ip, nowMs: number): Address {
  const octets = octetsOf(ip);
  const hash = placementHash(octets);
  return {
    ip,
    value: numberOf(octets),
    hash,
    desired: undefined,
    keyHash: hash,
    onLink: false,
    owner: undefined,
    lastOwner: undefined,
    epoch: 0,
    minority: false,
    claimedMs: -Infinity,
    announced: false,
    silent: false,
    floor: 0,
    sequence: 0,
    changesMs: [],
    lostBy: undefined,
    ineligibleSinceMs: undefined,
    undesiredSinceMs: nowMs,
    holdOffUntilMs: 0,
    waitSinceMs: undefined,
    phase: idle,
  };
}

/** This node's own: it answers or would. */
export function isOwn({ phase }: Address): boolean {
  return phase.kind === 'owner' || phase.kind === 'handingOff';
}

export function isAnswering({ phase }: Address): boolean {
  return (phase.kind === 'owner' || phase.kind === 'handingOff') && phase.answering;
}

/** An owned entry, as the digests of tables add it up. */
export function entryHashes({ hash, epoch, minority }: Address): readonly [number, number] {
  const claim = mix32(epoch * 2 + (minority ? 1 : 0));
  return [mix32(hash ^ claim), mix32(Math.imul(hash, 0x9e3779b1) ^ claim)];
}
