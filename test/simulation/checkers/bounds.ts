// The bounds of the invariants: those of spec/simulation.md §4, and what follows from them. Each value that is not said there tells where it is from.
import type { Fault } from '../faults/fault.ts';

/** §4: none ended within so long. */
const quietMs = 6_000;
/** A Lease that is not given up: 15 s until it may be taken, 2.4 s until somebody asks, and the lists of the next leader. */
const leaseMs = 20_000;
/** A reflector waits up to 30 s; and 10 s more where all are spread (spec/kubernetes.md §3). */
const reflectorMs = 40_000;
/** A write waits up to 60 s and a fifth; it takes up to 5 s (§5). */
const writeMs = 77_000;
/** A session that was lost is dialled again after up to 2 minutes of failures. */
const routersMs = 30_000;
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
  surge: leaseMs,
  'wrong key': 15_000,
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
  'arp suppression': quietMs,
  'unicasts lost': quietMs,
  replay: quietMs,
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
  'advertisement removed': quietMs,
  'pool shrunk': quietMs,
  'endpoints flap': quietMs,
  'exclude label': quietMs,
  'router restart': routersMs,
  'router reset': routersMs,
  'bgp cut': routersMs,
};

/** While these last, and for their after-effects, programs may see and do nothing, or go by what is long over. Others change what is true only. */
export const blinding: ReadonlySet<Fault['kind']> = new Set<Fault['kind']>([
  'crash',
  'terminate',
  'pause',
  'slow',
  'garbage collection',
  'roll',
  'surge',
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

/** L7: so long may a speaker be away, or its wire thread stand still, without cost. */
export const restartMs = 2_000;
export const toleratedPauseMs = 500;

export const boundsMs = {
  /** From the start of the cluster until it is expected to work: programs start within 2 s, and the first leader has to list everything. */
  boot: 15_000,
  /** So long after its start a program has read everything (spec/kubernetes.md §2: lists, a few at a time). */
  start: quietMs,
  /** What the apiserver shows is known to every program so long after, when nothing is wrong: watches and the coalescing of changes. */
  view: 2_000,
  /** A1: two Services with one address, after an overlap of leaders or an edit. */
  repair: 5_000,
  /** L1: from what is declared until the right one answers: all have seen it, a sweep, probing before first use or a hand-off to the third target. */
  answer: 2_000 + 1_000 + 3 * 900,
  /** L2: two nodes that hear each other. */
  twice: 150,
  twiceAfterHeal: 100,
  /** Who was deaf, and was restarted meanwhile, knows nobody: kernels have to find each other first. */
  twiceAfterDeafness: 1_000,
  /** At 20 % loss. */
  twiceInBadWeather: 2_000,
  /** Where announcements alone settle it, and may get lost: once UDP was silent for 3 s (spec/layer2.md §5.3), by one of the two that follow. */
  twiceByArpAlone: 3_000 + 2 * 1_100,
  /** L2: from the end of a wrong key: the files are read each 10 s (spec/layer2.md §8). */
  keyRead: 10_000,
  /** L3: from the crash of a node to the first announcement by another. */
  takeOver: 1_000,
  /** At 20 % loss. */
  takeOverInBadWeather: 2_000,
  /** L4: so much longer than that clients may be out. */
  clients: 300,
  /** L5: from the crash of a speaker until somebody answers again. */
  restart: 3_000,
  /** L6: from the last sign of life to the last of three notices: two rounds of the profile default, and what clocks differ. */
  verdict: 2_000,
  /** L11: no packet for so long makes a member suspect (spec/layer2.md §3.2, profile default). */
  suspicion: 350,
  /** L13: this thread did not run for so long: what it heard before is void (§3.2, drop limit of the profile default). */
  gap: 250,
  /** A4: after the last accepted renewal was sent. */
  fence: 5_000,
  /** A4: a Lease lasts 15 s, by clocks that run up to 100 ppm too fast. */
  lease: 14_990,
  /** B1: a node that is excluded no more may have begun to leave: it avoids, withdraws and ends (spec/bgp §9). */
  leaveRoutes: 10_000,
  /** B1: kube-proxy is asked each 2 s, and answers within 1 s (spec/layer2.md §1). */
  gate: 3_000,
  /** B1: from SIGTERM to SIGKILL. */
  ending: 30_000,
  /** B2: routes are what is wanted so soon after it is quiet: a plan, or the longest wait for a session (spec/bgp §2.1 F7, F8). */
  routes: 15_000,
  /** B2: the hold time of a BGPPeer that says none, and a moment. */
  dead: 9_000 + 200,
  /** B3: time for everybody to find other routes (spec/bgp §9). */
  avoided: 4_900,
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
