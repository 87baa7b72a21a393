// What happens to a segment: the events of its engines. Each carries the time at which its turn began, on the monotonic clock.
import type { Ip } from '#shared/net/ip.ts';
import type { Mac } from '#shared/net/mac.ts';
import type { Prefix } from '#shared/net/range.ts';
import type { Header } from './message/header.ts';
import type { LeavingMode } from './message/leaving.ts';
import type { MemberFlags } from './message/member-flags.ts';
import type { Message } from './message/message.ts';
import type { NodeId } from './node-id.ts';
import type { DesiredAddress, SavedAddress } from './ownership/desired-address.ts';

/** Where a datagram comes from or goes to. */
export interface Endpoint {
  readonly ip: Ip;
  readonly port: number;
}

/** The interface through which this node sees the segment. */
export interface Link {
  readonly carrier: boolean;
  readonly mac: Mac;
  readonly interfaceName: string;
  /** Own addresses with their on-link prefixes. */
  readonly prefixes: readonly Prefix[];
  /** Next hops of default routes that are on-link here. */
  readonly gateways: readonly Ip[];
}

/** What the API says of a Node. */
export interface ClusterNode {
  readonly id: NodeId;
  readonly name: string;
  readonly addresses: readonly Ip[];
  readonly ready: boolean;
  /** A speaker Pod is scheduled there. */
  readonly speaker: boolean;
  /** Carries the out-of-service taint: counts as DOWN whatever is heard of it. */
  readonly outOfService: boolean;
}

/** What this node can and may do at all, whatever the address. */
export interface OwnCondition {
  readonly flags: MemberFlags;
  /** Nothing that reaches this node is forwarded: it gives up what another can take. */
  readonly cannotForward: boolean;
  /** The program is about to end and hands everything off at once. */
  readonly ending: boolean;
}

export type SegmentEvent = { readonly nowMs: number } & (
  | {
      /** Once, after the first `link`, `cluster`, `condition` and `desired`; from then on the segment speaks. */
      readonly kind: 'start';
      readonly savedRoster: readonly NodeId[];
      readonly savedAddresses: readonly SavedAddress[];
    }
  | { readonly kind: 'link'; readonly link: Link }
  | { readonly kind: 'cluster'; readonly nodes: ReadonlyMap<NodeId, ClusterNode> }
  | { readonly kind: 'condition'; readonly condition: OwnCondition }
  /** A chunk of the whole state, of some hundreds; in force with the last. */
  | { readonly kind: 'desired'; readonly addresses: readonly DesiredAddress[]; readonly isLast: boolean }
  /** An admitted datagram. */
  | {
      readonly kind: 'packet';
      readonly header: Header;
      readonly message: Message;
      readonly source: Endpoint;
      readonly multicast: boolean;
    }
  /** An ARP packet, NS or NA of somebody else. */
  | {
      readonly kind: 'neighbour';
      readonly mac: Mac;
      /** The address that it says is its own; undefined in a probe (sender 0.0.0.0, NS from `::`). */
      readonly ip: Ip | undefined;
      /** The address that it asks for or speaks of. */
      readonly target: Ip;
      /** An answer, sent to this node alone. */
      readonly answersUs: boolean;
    }
  /** A LINK_DOWN that came by another segment. */
  | { readonly kind: 'linkDownElsewhere'; readonly header: Header; readonly mac: Mac }
  /** This thread did not run for so long; comes before any other event of the turn. */
  | { readonly kind: 'gap'; readonly lateMs: number }
  | { readonly kind: 'wake' }
  /** What `drain` asked for is done. */
  | { readonly kind: 'drained' }
  /** The program ends: it says so to others. */
  | { readonly kind: 'leave'; readonly mode: LeavingMode }
  /** A newer process of this node has taken over. */
  | { readonly kind: 'retired' }
);

export type SegmentEventOf<Kind extends SegmentEvent['kind']> = Extract<SegmentEvent, { kind: Kind }>;
