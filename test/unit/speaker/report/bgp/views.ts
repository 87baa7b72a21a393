// What is seen of BGP on a node, complete; a test names what it is about.
import type { BgpView, PeerView } from '#speaker/bgp-view.ts';
import type { Negotiated } from '#speaker/bgp/negotiation.ts';
import { SessionCounts, type SessionStatus } from '#speaker/bgp/session-status.ts';
import type { ObservedBfd } from '#speaker/seam.ts';
import { routes } from '../../bgp/out-play.ts';
import { ip } from '../../views.ts';

export const negotiated: Negotiated = {
  peerAsn: 64_512,
  internal: false,
  holdTimeMs: 9_000,
  keepaliveTimeMs: 3_000,
  families: ['IPv4'],
  fourOctetAs: true,
  extendedNextHop: false,
  linkLocalNextHop: false,
  extendedMessage: true,
  enhancedRouteRefresh: true,
  gracefulRestart: undefined,
  peerKeepsRoutes: false,
};

/** Established since the first second of 1970, with nothing to tell. */
export function sessionStatus(fields: Partial<SessionStatus> = {}): SessionStatus {
  return {
    name: 'router',
    state: 'Established',
    sinceMs: 1_000,
    negotiated,
    addresses: { local: ip('192.0.2.11'), remote: ip('192.0.2.1') },
    lastError: undefined,
    refused: { shortHoldRefused: false, omitted: [] },
    isSynced: true,
    held: routes(),
    prefixes: { IPv4: 0, IPv6: 0 },
    pendingPrefixes: 0,
    syncMs: 20,
    withheld: [],
    unsentOctets: 0,
    counters: new SessionCounts(),
    ...fields,
  };
}

/** To 192.0.2.1, without BFD. */
export function peerView(fields: Partial<PeerView> = {}): PeerView {
  return {
    name: 'router',
    remote: ip('192.0.2.1'),
    port: 179,
    device: undefined,
    session: sessionStatus(),
    bfd: undefined,
    bfdProfile: undefined,
    ...fields,
  };
}

export function bgpView(fields: Partial<BgpView> = {}): BgpView {
  return {
    phase: 'running',
    peers: [],
    peersOfService: new Map(),
    gated: [],
    problems: [],
    listenFailures: [],
    isComplete: true,
    ...fields,
  };
}

export function observedBfd(fields: Partial<ObservedBfd> = {}): ObservedBfd {
  return {
    remote: ip('192.0.2.1'),
    local: ip('192.0.2.11'),
    device: undefined,
    multihop: false,
    state: 'up',
    peerAdminDown: false,
    failures: 0,
    lastDetectionMs: undefined,
    counters: { sent: 5, received: 4, dropped: 0, ups: 1, downs: 0 },
    ...fields,
  };
}
