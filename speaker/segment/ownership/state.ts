// What the ownership engine knows (layer2 §5), and what one of its steps has at hand. The state is large and changed in place.
import type { Ip } from '#shared/net/ip.ts';
import type { Range } from '#shared/net/range.ts';
import type { OwnCondition } from '../event.ts';
import type { NodeId } from '../node-id.ts';
import type { Turn } from '../turn.ts';
import type { WatchState } from '../watch/state.ts';
import type { Adoptable } from './adoption.ts';
import type { DesiredAddress } from './desired-address.ts';
import type { Holdings } from './holdings.ts';
import type { Address } from './record.ts';
import type { ClaimRepeats } from './repeats.ts';
import type { PeerTable } from './peer-table.ts';

export interface OwnershipState {
  readonly addresses: Map<Ip, Address>;
  /** By placement key. */
  readonly bundles: Map<Ip, Address[]>;
  /** Chunks of the next whole state. */
  readonly incoming: Map<Ip, DesiredAddress>;
  readonly holdings: Map<NodeId, Holdings>;
  readonly peers: Map<NodeId, PeerTable>;
  readonly adoptable: Map<Ip, Adoptable>;
  /** To be placed. */
  readonly orphans: Set<Address>;
  /** Those with a deadline: waiting, probing, handing off, blocked. */
  readonly pending: Set<Address>;
  /** How many wait for each to take them. */
  readonly expected: Map<NodeId, number>;
  readonly repeats: ClaimRepeats[];
  /** Announcements that are due, of addresses that were defended. */
  readonly reannounce: { readonly atMs: number; readonly address: Address }[];
  condition: OwnCondition;
  phase: 'idle' | 'joining' | 'joined' | 'retired';
  joinedMs: number;
  /** Nobody was ever heard, though others should be there: every claim is preceded by probing. */
  blind: boolean;
  mute: Mute | undefined;
  /** Of what this node owns. */
  tableVersion: number;
  tableDueMs: number;
  tableShownMs: number;
  /** To be shown once more, as it may get lost just when two parts of the LAN meet again. */
  tableAgain: boolean;
  nextSweepMs: number;
  /** Left of the sweep that is under way. */
  sweeping: readonly Address[];
  /** On-link prefixes of this node and of live members; undefined: to be collected anew. */
  onLink: readonly Range[] | undefined;
  onLinkKey: string;
  /** Addresses wanted that somebody could own here. */
  placeable: number;
  majoritySinceMs: number | undefined;
  offerTokens: number;
  offers: number;
  /** Those that may not be moved, though they should. */
  readonly exhausted: Set<Address>;
}

/** This node did not run for a while, and says nothing before it has heard what happened meanwhile. */
export interface Mute {
  readonly quarantine: boolean;
  /** What had waited in the sockets is taken in. */
  settled: boolean;
  untilMs: number;
}

export interface OwnershipTurn extends Turn {
  readonly ownership: OwnershipState;
  /** Read only here. */
  readonly watch: Readonly<WatchState>;
  readonly isMajority: () => boolean;
}
