// What can go wrong, and what people do, as plain data: a schedule can be printed, shrunk, kept in a file and played again. Every fault names
// its target and its end.

import type { Ip } from '#shared/net/ip.ts';

export type Program = 'controller' | 'speaker';

export type Fault = ProcessFault | NodeFault | LinkFault | LanFault | ApiFault | RouterFault | UserAction;

export interface ScheduledFault {
  readonly atMs: number;
  readonly fault: Fault;
}

/** `node` is where the program runs. */
export type ProcessFault =
  /** As kill -9. */
  | { readonly kind: 'crash'; readonly program: Program; readonly node: string; readonly backAfterMs: number }
  /** As SIGTERM; it comes back that long after it has ended. */
  | { readonly kind: 'terminate'; readonly program: Program; readonly node: string; readonly backAfterMs: number }
  | {
      readonly kind: 'pause';
      readonly program: Program;
      readonly node: string;
      readonly thread: 'cluster' | 'wire' | 'all';
      readonly forMs: number;
    }
  /** Everything in it takes so many times longer. */
  | {
      readonly kind: 'slow';
      readonly program: Program;
      readonly node: string;
      readonly factor: number;
      readonly forMs: number;
    }
  /** Every thread of every program is paused for 100–500 ms, on average each 30 s. */
  | { readonly kind: 'garbage collection'; readonly forMs: number }
  /** All processes of the program are restarted one after the other. */
  /** Upgrades: a new process is started beside the old one, which is asked to end when the time is over (maxSurge 1, minReadySeconds). */
  | { readonly kind: 'surge'; readonly program: Program; readonly node: string; readonly forMs: number }
  | { readonly kind: 'roll'; readonly program: Program; readonly everyMs: number; readonly forMs: number };

export type NodeFault =
  /** Off, with its links; on again after that time with an empty memory. */
  | { readonly kind: 'power loss'; readonly node: string; readonly forMs: number }
  /** Neither kernel nor programs run; the link stays up; then it is booted anew. */
  | { readonly kind: 'kernel hang'; readonly node: string; readonly forMs: number }
  /** A virtual machine stands still and goes on. */
  | { readonly kind: 'freeze'; readonly node: string; readonly forMs: number; readonly monotonicStops: boolean }
  | { readonly kind: 'clock step'; readonly node: string; readonly byMs: number }
  /** The kubelet does not report; programs and data path go on. */
  | { readonly kind: 'not ready'; readonly node: string; readonly forMs: number }
  /** The speaker's state file is gone, or is the one of so many writes ago, or ends after so many characters. */
  | { readonly kind: 'state lost'; readonly node: string }
  | { readonly kind: 'state stale'; readonly node: string; readonly writes: number }
  | { readonly kind: 'state cut off'; readonly node: string; readonly length: number }
  /** The speaker is killed in the middle of its next write of the file. */
  | { readonly kind: 'killed while writing'; readonly node: string; readonly backAfterMs: number }
  /** Its speaker has the key of another cluster. */
  | { readonly kind: 'wrong key'; readonly node: string; readonly forMs: number }
  /** kube-proxy's rules follow nothing any more. */
  | { readonly kind: 'kube-proxy stuck'; readonly node: string; readonly forMs: number };

/** One LAN only, by its number; where not said all of them, and of links that on the first. */
interface OnLan {
  readonly lan?: number;
}

export type LinkFault = OnLan & AnyLinkFault;
export type LanFault = OnLan & AnyLanFault;

type AnyLinkFault =
  | { readonly kind: 'carrier loss'; readonly node: string; readonly forMs: number }
  | { readonly kind: 'flap'; readonly node: string; readonly everyMs: number; readonly forMs: number }
  /** Receives nothing, or sends nothing; the carrier stays. */
  | { readonly kind: 'deaf'; readonly node: string; readonly forMs: number }
  | { readonly kind: 'mute'; readonly node: string; readonly forMs: number }
  /** Stays changed. */
  | { readonly kind: 'mac change'; readonly node: string };

type AnyLanFault =
  | { readonly kind: 'loss'; readonly percent: number; readonly forMs: number }
  /** Each receiver loses everything for 100 ms of each 300 ms or so. */
  | { readonly kind: 'loss in bursts'; readonly forMs: number }
  | { readonly kind: 'duplication'; readonly percent: number; readonly forMs: number }
  | { readonly kind: 'reordering'; readonly forMs: number }
  /** These nodes hear each other only; `oneWay`: the others still hear them. */
  | { readonly kind: 'partition'; readonly nodes: readonly string[]; readonly oneWay: boolean; readonly forMs: number }
  /** The speakers' own datagrams are dropped. */
  | { readonly kind: 'udp filtered'; readonly forMs: number }
  /** What is sent to groups is dropped; broadcasts pass. */
  | { readonly kind: 'multicast filtered'; readonly forMs: number }
  /** The switch answers broadcast ARP requests for pairs that it has seen, also for the dead. */
  | { readonly kind: 'arp suppression'; readonly forMs: number }
  /** What is sent to the node alone goes elsewhere. */
  | { readonly kind: 'unicasts lost'; readonly node: string; readonly forMs: number }
  /** Somebody sends again what speakers said, up to 20 s later and sometimes with a bit changed. */
  | { readonly kind: 'replay'; readonly forMs: number }
  /** A host that is none of ours answers for the address. */
  | { readonly kind: 'foreign claim'; readonly ip: Ip; readonly forMs: number };

export type ApiFault =
  | { readonly kind: 'api outage'; readonly forMs: number }
  /** Away for a moment; afterwards its first lists may be empty for that long, and old versions are gone. */
  | { readonly kind: 'api restart'; readonly forMs: number; readonly emptyListsMs: number }
  /** These nodes cannot reach it. */
  | { readonly kind: 'api cut'; readonly nodes: readonly string[]; readonly forMs: number }
  | { readonly kind: 'api slow'; readonly delayMs: number; readonly forMs: number }
  /** So many writes in a hundred are done and never answered. */
  | { readonly kind: 'answers lost'; readonly percent: number; readonly forMs: number }
  /** So many requests in a hundred never arrive. */
  | { readonly kind: 'requests lost'; readonly percent: number; readonly forMs: number }
  | {
      readonly kind: 'refusals';
      readonly code: 429 | 500 | 503 | 504;
      readonly percent: number;
      readonly retryAfterMs: number;
      readonly forMs: number;
    }
  /** One kind of object cannot be had. */
  | { readonly kind: 'resource outage'; readonly plural: string; readonly forMs: number }
  /** What watches show comes so late. */
  | { readonly kind: 'watch lag'; readonly lagMs: number; readonly forMs: number }
  /** All watches break, in the middle of a line. */
  | { readonly kind: 'watches reset' }
  /** Versions before now are forgotten: who comes with one gets 410. */
  | { readonly kind: 'compaction' }
  /** Reads are answered by a replica that is so far behind. */
  | { readonly kind: 'stale replica'; readonly lagMs: number; readonly forMs: number };

/** `router` is the number of one, from 0. */
export type RouterFault =
  /** Without power, and then with an empty memory. */
  | { readonly kind: 'router restart'; readonly router: number; readonly forMs: number }
  /** An operator ends all its sessions. */
  | { readonly kind: 'router reset'; readonly router: number }
  /** No TCP between it and these nodes; everything else on the LAN goes on. */
  | { readonly kind: 'bgp cut'; readonly router: number; readonly nodes: readonly string[]; readonly forMs: number };

/** What people and controllers of the cluster do. `index` names the n-th Service or pool of the scenario. */
export type UserAction =
  | { readonly kind: 'service created'; readonly index: number }
  | { readonly kind: 'service deleted'; readonly index: number }
  /** Deleted, and created with the same name. */
  | { readonly kind: 'service replaced'; readonly index: number }
  | { readonly kind: 'service type'; readonly index: number; readonly type: 'LoadBalancer' | 'ClusterIP' }
  | { readonly kind: 'traffic policy'; readonly index: number; readonly policy: 'Cluster' | 'Local' }
  | { readonly kind: 'sharing key'; readonly index: number; readonly key: string | undefined }
  | { readonly kind: 'pool added'; readonly index: number }
  | { readonly kind: 'pool removed'; readonly index: number; readonly forMs: number }
  /** The L2Advertisement is deleted and made again, as tools do that cannot change one. */
  | { readonly kind: 'advertisement removed'; readonly forMs: number }
  /** To the lower half of its range, and back. */
  | { readonly kind: 'pool shrunk'; readonly index: number; readonly forMs: number }
  /** The endpoints of a Service vanish one by one and come back. */
  | { readonly kind: 'endpoints flap'; readonly index: number; readonly forMs: number }
  | { readonly kind: 'exclude label'; readonly node: string; readonly forMs: number };
