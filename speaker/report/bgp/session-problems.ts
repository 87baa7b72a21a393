// What sessions show to be wrong with a BGPPeer, or with the router behind it: what it refuses, and what it cannot be told.
import type { BGPPeer } from '#shared/config/bgp-peer.ts';
import { problemOf, warningIn, type Fault, type Problem } from '#shared/config/problem.ts';
import type { Family } from '#shared/net/ip.ts';
import type { BgpView, PeerView } from '../../bgp-view.ts';
import { cautiousHoldTimeSeconds, defaultHoldTimeSeconds } from '../../bgp/negotiation.ts';
import type { Withheld } from '../../bgp/out-plan.ts';

/** `configured`: every peer of the view is in it. */
export function sessionProblems({ peers }: BgpView, configured: readonly BGPPeer[]): readonly Problem[] {
  const byName = new Map(configured.map((peer) => [peer.name, peer]));
  return peers.flatMap((view) => {
    const peer = byName.get(view.name);
    return peer === undefined ? [] : faultsOf(view, peer).map((fault) => problemOf('BGPPeer', peer, fault));
  });
}

function faultsOf({ session }: PeerView, { settings }: BGPPeer): readonly Fault[] {
  if (session === undefined) return [];
  const { refused, withheld, negotiated } = session;
  const [only, another] = settings.dualStack ? (negotiated?.families ?? []) : [];
  return [
    ...(refused.shortHoldRefused ? [holdTimeRefused] : []),
    ...(refused.omitted.length > 0 ? [capabilitiesRefused(refused.omitted)] : []),
    ...(only !== undefined && another === undefined ? [familyMissing(only)] : []),
    ...withheld.map(withheldFault),
  ];
}

const holdTimeRefused = warningIn(
  'spec.holdTime',
  'holdTimeRefused',
  `the router refuses ${defaultHoldTimeSeconds} s, so ${cautiousHoldTimeSeconds} s is proposed: a dead node is noticed late; lower the router's minimum, or give a holdTime`,
);

function capabilitiesRefused(codes: readonly number[]): Fault {
  const message = `the router refuses a session with the capabilities ${codes.join(', ')}: they are left out until the BGPPeer changes or the speaker is restarted`;
  return warningIn('spec', 'capabilitiesRefused', message);
}

/** `only`: the one that there is. */
function familyMissing(only: Family): Fault {
  const missing = only === 'IPv4' ? 'IPv6' : 'IPv4';
  const message = `the router takes only ${only} on this session, so it is told of no ${missing} address: activate ${missing} unicast for this node there`;
  return warningIn('spec.dualStackAddressFamily', 'familyMissing', message);
}

const reasons: Readonly<Record<Withheld['reason'], string>> = {
  extendedNextHopMissing:
    'the session runs over IPv6, and the router takes no IPv4 routes with IPv6 next hops (RFC 8950): enable extended next hop there, or add a BGPPeer with its IPv4 address',
  noIPv6NextHop:
    'the interface of the session has no global IPv6 address that could be the next hop: give it one, or add a BGPPeer with the IPv6 address of the router',
  unusableAddress: 'the address of this node on the session can be no next hop: give a sourceAddress that can',
  attributesTooLong: 'their attributes are too long for one message: give them fewer communities',
};

/** Told without numbers, which change with every Service. */
function withheldFault({ family, reason }: Withheld): Fault {
  const which = reason === 'attributesTooLong' ? `some ${family} routes` : `${family} routes`;
  return warningIn('spec.peerAddress', reason, `${which} are withheld from this peer: ${reasons[reason]}`);
}
