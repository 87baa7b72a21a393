// What can be seen of BGP on this node, for those who tell people: status objects, conditions, Events, metrics. Types only. `Routing.view` makes
// it when it is asked, and everybody is told when it may be another; counters are as of the moment in which they are read.
import type { Problem } from '#shared/config/problem.ts';
import type { ServiceView } from '#shared/kube/objects/service.ts';
import type { Ip } from '#shared/net/ip.ts';
import type { SessionStatus } from './bgp/session-status.ts';
import type { GatedAddress } from './desired/bgp/contributions.ts';
import type { ObservedBfd } from './seam.ts';

export type RoutingPhase =
  /** No BGPPeer is for this node. */
  | 'idle'
  /** Another process of this node runs BGP, and has not ended yet. */
  | 'waiting'
  | 'running'
  /** Asked to end: sessions end, each as its peer needs it. */
  | 'leaving';

export interface BgpView {
  readonly phase: RoutingPhase;
  /** With which this node is to have a session, in the order of their names. Those that are refused are in `problems`. */
  readonly peers: readonly PeerView[];
  /** Names of the peers that shall hold an address of the Service, sorted; whether they do: `session.held`. Nobody: it is not in it. */
  readonly peersOfService: ReadonlyMap<ServiceView, readonly string[]>;
  /** Addresses that an advertisement would announce from this node, and why they are not. */
  readonly gated: readonly GatedAddress[];
  /** Of this node alone: what the configuration shows by itself is in `Configuration.problems`. */
  readonly problems: readonly Problem[];
  /** Addresses that should be listened on and are not, and why. */
  readonly listenFailures: readonly string[];
  /** Everything that decides what is announced is known; without peers, that there are none. */
  readonly isComplete: boolean;
}

export interface PeerView {
  /** Of the BGPPeer. */
  readonly name: string;
  /** Of the other side; undefined: an unnumbered peer that has not been heard yet. */
  readonly remote: Ip | undefined;
  readonly port: number;
  /** The interface of an unnumbered peer, or a VRF. */
  readonly device: string | undefined;
  /** Undefined while another process of this node runs BGP. */
  readonly session: SessionStatus | undefined;
  /** Undefined: it is not watched by BFD, or not yet. */
  readonly bfd: ObservedBfd | undefined;
  /** BFD is to watch it. */
  readonly bfdProfile: string | undefined;
}
