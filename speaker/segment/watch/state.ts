// What the liveness engine knows (layer2 §3), and what one of its steps has at hand. The state is large and changed in place.
import type { Ip } from '#shared/net/ip.ts';
import type { Mac } from '#shared/net/mac.ts';
import type { OwnerCause } from '../effect.ts';
import type { ClusterNode, Link } from '../event.ts';
import type { MemberFlags } from '../message/member-flags.ts';
import type { Message } from '../message/message.ts';
import type { TableSummary } from '../message/table-summary.ts';
import type { NodeId } from '../node-id.ts';
import type { Turn } from '../turn.ts';
import type { Join } from './join.ts';
import type { LastTwo } from './last-two.ts';
import type { Member } from './member.ts';
import type { WatcherLists } from './watchers.ts';

export interface WatchState {
  link: Link;
  nodes: ReadonlyMap<NodeId, ClusterNode>;
  /** Nodes with a speaker that were members since the start or are known from the state file. */
  readonly roster: Set<NodeId>;
  flags: MemberFlags;
  /** While it only listens; `idle` before `start`. */
  phase: 'idle' | 'joining' | 'joined' | 'retired';
  join: Join;
  readonly members: Map<NodeId, Member>;
  readonly byMac: Map<Mac, Member>;
  readonly lists: WatcherLists;
  /** Those whose watchers include this node. */
  watched: readonly Member[];
  /** Those who watch this node. */
  watchers: readonly Member[];
  /** Those who asked for beats, until then. */
  readonly pinged: Map<NodeId, number>;
  readonly suspects: Set<Member>;
  readonly absent: Set<Member>;
  readonly down: Set<Member>;
  /** Repeats of what was told to the group. */
  readonly notices: { readonly atMs: number; readonly message: Message }[];
  /** This node ran and could hear without a break since then. */
  awakeSinceMs: number;
  readonly heard: LastTwo<NodeId>;
  readonly foreign: LastTwo<Mac>;
  /** A frame of somebody who is no member. */
  strangerMs: number;
  gatewayAnswerMs: number;
  nextBeatMs: number;
  /** To one of the DOWN. */
  nextFeelerMs: number;
  nextHelloMs: number;
  nextSweepMs: number;
  /** How late a timer was, at most, since the last beat. */
  loopLagMs: number;
  /** Rotations: whom to ask as a control, whom of the DOWN to beat, how many queries were made. */
  controlTurn: number;
  feelerTurn: number;
  queries: number;
  lastAccusedMs: number;
  helloTokens: number;
  /** Repeats of the first HELLO that are still to come. */
  firstHellos: number;
}

/** What the ownership engine is told. */
export type MemberNews =
  | { readonly kind: 'joined'; readonly blind: boolean }
  | { readonly kind: 'heardSomebody' }
  /** DOWN, GONE or to be treated so: its addresses are orphans. */
  | { readonly kind: 'lost'; readonly id: NodeId; readonly cause: OwnerCause }
  /** A member for the first time, again, or with a new process. */
  | { readonly kind: 'back'; readonly id: NodeId; readonly restarted: boolean }
  /** Somebody thinks otherwise than others: everybody shows its table. */
  | { readonly kind: 'healed' }
  /** Flags, interface or prefixes of a member. */
  | { readonly kind: 'changed' }
  | { readonly kind: 'table'; readonly id: NodeId; readonly table: TableSummary }
  | { readonly kind: 'paused'; readonly quarantine: boolean };

/** What the liveness engine asks of the ownership engine. */
export interface HoldingsView {
  summary(): TableSummary;
  ownedCount(): number;
  /** An address that this member owns and answers. */
  answeredBy(id: NodeId): Ip | undefined;
}

export interface WatchTurn extends Turn {
  readonly watch: WatchState;
  readonly holdings: HoldingsView;
  readonly news: MemberNews[];
}
