// What is wrong with the links of unnumbered peers (spec/bgp §12; pure): one that cannot be spoken on, or more than one router, of which one was
// chosen.
import type { BGPPeer } from '#shared/config/bgp-peer.ts';
import { problemOf, warningIn, type Problem } from '#shared/config/problem.ts';
import type { PeerSession } from '../bgp/peer-session.ts';
import { routerLink } from '../l2/router-link.ts';
import type { ObservedRouter, WireObserved } from '../seam.ts';

export function routerProblems(
  peers: readonly BGPPeer[],
  sessions: readonly PeerSession[],
  { network, routers }: Pick<WireObserved, 'network' | 'routers'>,
): readonly Problem[] {
  const running = new Set(sessions.map(({ name }) => name));
  return peers.flatMap((peer) => {
    const name = peer.settings.interface;
    if (name === undefined || !running.has(peer.name)) return [];
    const link = routerLink(name, network, undefined);
    if (link.kind === 'usable') return crowdOn(name, peer, routers);
    if (link.problem === undefined) return [];
    return [problemOf('BGPPeer', peer, warningIn('spec.interface', 'InterfaceUnusable', link.problem))];
  });
}

function crowdOn(name: string, peer: BGPPeer, routers: readonly ObservedRouter[]): readonly Problem[] {
  const router = routers.find((one) => one.interface === name && one.others.length > 0);
  if (router === undefined) return [];
  const { ip, others } = router;
  const message = `${ip} and ${others.join(', ')} advertise themselves there: the session is with ${ip}, put each router on a link of its own or give its peerAddress`;
  return [problemOf('BGPPeer', peer, warningIn('spec.interface', 'SeveralRouters', message))];
}
