// What one peer's state machine is told once: who both sides are, what to offer, how long to wait.
import type { Family } from '#shared/net/ip.ts';
import type { Random } from '#shared/runtime/random.ts';

export interface PeerConfig {
  /** Ours towards this peer. */
  readonly localAsn: number;
  /** A number, or any other AS than ours, or ours. */
  readonly peerAsn: number | 'external' | 'internal';
  /** Ours, as an unsigned number; not 0. */
  readonly bgpIdentifier: number;
  /** 0 or at least 3; undefined leaves it to us, and then a peer may refuse what we propose. */
  readonly holdTimeSeconds: number | undefined;
  /** Longest time between two KEEPALIVEs; a third of the hold time where that is less. */
  readonly keepaliveTimeMs: number | undefined;
  /** Those that the session is to carry, IPv4 first. */
  readonly families: readonly Family[];
  /** IPv4 routes with IPv6 next hops (RFC 8950). */
  readonly extendedNextHop: boolean;
  /** An `interface` peer: next hops may be link-local addresses alone. */
  readonly linkLocalNextHop: boolean;
  /** Our routes shall survive our restart (RFC 4724). */
  readonly gracefulRestart: boolean;
  /** Announces us as a customer (RFC 9234). */
  readonly sendRole: boolean;
  /** Our node's name and program, for the people on the other side. */
  readonly hostName: string;
  readonly softwareVersion: string;
  /** Never dials. */
  readonly passive: boolean;
  readonly connectRetryTimeMs: number;
  /** 0: OPEN is sent at once (RFC 4271 §8.1.3). */
  readonly delayOpenTimeMs: number;
  /** For jitter only. */
  readonly random: Random;
}
