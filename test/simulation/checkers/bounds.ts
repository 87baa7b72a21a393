// The bounds of the invariants. Ownership is provisional: every speaker computes the owner from the API alone, so what spec/simulation.md §4 asks
// of liveness on the LAN cannot hold yet. Each value that differs says why; issue 5 puts the specification's in its place.
import type { Fault } from '../faults/fault.ts';

/** §4: none ended within so long. */
const quietMs = 6_000;
/** A Lease that is not given up: 15 s until it may be taken, 2.4 s until somebody asks, and the lists of the next leader. */
const leaseMs = 20_000;
/** A reflector waits up to 30 s; and 10 s more where all are spread (spec/kubernetes.md §3). */
const reflectorMs = 40_000;
/** A write waits up to 60 s and a fifth; it takes up to 5 s (§5). */
const writeMs = 77_000;
/** A list that never arrives is given up after 60 s, and asked for again after the longest back-off. */
const lostListMs = 60_000 + reflectorMs;

/** How long after its end what a fault began goes on by itself: it counts as active until then. */
export const afterEffectsMs: Readonly<Record<Fault['kind'], number>> = {
  crash: leaseMs,
  terminate: leaseMs,
  pause: writeMs,
  slow: leaseMs,
  'garbage collection': leaseMs,
  roll: leaseMs,
  'power loss': leaseMs,
  'kernel hang': leaseMs,
  freeze: writeMs,
  'clock step': quietMs,
  'not ready': quietMs,
  'kube-proxy stuck': quietMs,
  'state lost': quietMs,
  'state stale': quietMs,
  'state cut off': quietMs,
  'killed while writing': leaseMs,
  'carrier loss': quietMs,
  flap: quietMs,
  deaf: quietMs,
  mute: quietMs,
  'mac change': quietMs,
  loss: quietMs,
  'loss in bursts': quietMs,
  duplication: quietMs,
  reordering: quietMs,
  partition: quietMs,
  // The hold of blind mode (§4).
  'udp filtered': 15_000,
  'multicast filtered': 15_000,
  // The hold of a claim by a foreign host (§4).
  'foreign claim': 35_000,
  'api outage': writeMs,
  'api restart': writeMs,
  'api cut': lostListMs,
  'api slow': lostListMs,
  'answers lost': writeMs,
  'requests lost': lostListMs,
  refusals: writeMs,
  'resource outage': writeMs,
  'watch lag': quietMs,
  'watches reset': reflectorMs,
  compaction: quietMs,
  'stale replica': reflectorMs,
  'service created': quietMs,
  'service deleted': quietMs,
  'service replaced': quietMs,
  'service type': quietMs,
  'traffic policy': quietMs,
  'sharing key': quietMs,
  'pool added': quietMs,
  'pool removed': quietMs,
  'pool shrunk': quietMs,
  'endpoints flap': quietMs,
  'exclude label': quietMs,
};

/** While these last, and for their after-effects, programs may see and do nothing, or go by what is long over. Others change what is true only. */
export const blinding: ReadonlySet<Fault['kind']> = new Set<Fault['kind']>([
  'crash',
  'terminate',
  'pause',
  'slow',
  'garbage collection',
  'roll',
  'power loss',
  'kernel hang',
  'freeze',
  'api outage',
  'api restart',
  'api cut',
  'api slow',
  'answers lost',
  'requests lost',
  'refusals',
  'resource outage',
  'watch lag',
  'watches reset',
  'compaction',
  'stale replica',
]);

export const boundsMs = {
  /** From the start of the cluster until it is expected to work: programs start within 2 s, and the first leader has to list everything. */
  boot: 15_000,
  /** So long after its start a program has read everything (spec/kubernetes.md §2: lists, a few at a time). */
  start: quietMs,
  /** What the apiserver shows is known to every program so long after, when nothing is wrong: watches and the coalescing of changes. */
  view: 2_000,
  /** A1: two Services with one address, after an overlap of leaders or an edit. */
  repair: 5_000,
  /** L1: until the right one answers. The specification: at once. Provisional: when all have seen what they decide from. */
  answer: 2_000,
  /** L2: two nodes that hear each other. The specification: 150 ms, and 2 s at 20 % loss. Provisional: as long as they see different things. */
  twice: 2_000,
  /** L3: from the crash of a node to the first announcement by another. The specification: 1 s. Provisional: the Node is declared not Ready after 50 s. */
  takeOver: 52_000,
  /** L4: so much longer than that clients may be out (§4). Provisional: only crashes are judged, moves that the API declares may cost flows. */
  clients: 300,
  /** A4: after the last accepted renewal was sent. */
  fence: 5_000,
  /** L12: a program learns of a new MAC through netlink within 5 ms, and may send before it has read the news. */
  newMac: 10,
  /** K1: idle after so much quiet. */
  idle: 60_000,
  /** K2: equal after so much quiet. */
  equal: 60_000,
  /** M1: what programs keep is back to its size after so much quiet. */
  settled: 60_000,
  /** Liveness: wanted addresses are given and reached. A client that gave up asks again after at most 10.9 s (spec/simulation.md §2). */
  reach: 11_000,
  /** Liveness: conditions say what is. */
  condition: 60_000,
} as const;

/** K1: requests after a start, beside those for pages of lists. */
export const startRequests = 20;
export const pageObjects = 500;
/** K1: failures of one and the same request within 10 s. Back-off of 200 ms × 2^n with full jitter gives seven on average. */
export const mostFailures = 25;
/** L14: frames a second when quiet, announcements aside. */
export const steadyFrames = 100;
/** L14: announcements a second (spec/layer2.md §6): 5,000 frames and a burst of 100 at first, repeats 500 and as much. */
export const announcementFrames = 5_000 + 500 + 200;
