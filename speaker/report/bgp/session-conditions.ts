// Conditions of BGP on this node, for its ConfigurationState (bgp §15): PeersEstablished where there are peers, the other only while it is true.
// What changes all the time stands in no message, as each change of words is a write.
import { kubernetesTime, type DesiredCondition } from '#shared/config/condition.ts';
import type { Problem } from '#shared/config/problem.ts';
import type { BgpView, PeerView } from '../../bgp-view.ts';

const mostPeersTold = 64;

/** Which peers have a session and since when, and of the others why not; those without one first. */
export function peersEstablished({ phase, peers, problems }: BgpView): readonly DesiredCondition[] {
  const type = 'PeersEstablished';
  if (phase === 'waiting') {
    const message = 'the process of this node that ran before has not ended yet, and has the sessions';
    return [{ type, status: 'Unknown', reason: 'Waiting', message }];
  }
  const refused = refusals(problems, new Set(peers.map(({ name }) => name)));
  const up = peers.filter(isUp);
  const down = peers.filter((peer) => !isUp(peer));
  const total = peers.length + refused.size;
  if (total === 0) return [];
  const lines = [
    ...down.map((peer) => `${peer.name}: ${whyDown(peer)}`),
    ...Array.from(refused, ([name, message]) => `${name}: ${message}`),
    ...up.map((peer) => `${peer.name}: ${sessionLine(peer)}`),
  ];
  const isAll = up.length === total;
  return [
    {
      type,
      status: isAll ? 'True' : 'False',
      reason: isAll ? 'AllEstablished' : 'NotAllEstablished',
      message: `${up.length}/${total}: ${listed(lines)}`,
    },
  ];
}

/** Peers may still be dialled, but not dial. */
export function notListening({ listenFailures }: BgpView): readonly DesiredCondition[] {
  if (listenFailures.length === 0) return [];
  const message = `connections of peers are not accepted: ${listed(listenFailures)}; it is tried again, and peers are dialled all the same`;
  return [{ type: 'BGPNotListening', status: 'True', reason: 'ListenFailed', message }];
}

/** What keeps sessions from being begun, by peer. */
function refusals(problems: readonly Problem[], running: ReadonlySet<string>): ReadonlyMap<string, string> {
  return new Map(
    problems
      .filter(({ object, severity }) => object.kind === 'BGPPeer' && severity === 'error' && !running.has(object.name))
      .map(({ object, message }) => [object.name, message]),
  );
}

function isUp({ session }: PeerView): boolean {
  return session?.state === 'Established';
}

function whyDown({ session, remote, device }: PeerView): string {
  if (remote === undefined) return `no router has been heard on ${device ?? 'its interface'}`;
  return session?.lastError ?? 'not established yet';
}

function sessionLine({ session, bfd, bfdProfile }: PeerView): string {
  if (session?.negotiated === undefined) return 'Established';
  const { peerAsn, holdTimeMs, families, peerKeepsRoutes, extendedNextHop } = session.negotiated;
  const parts = [
    `Established since ${kubernetesTime(session.sinceMs)}`,
    `AS ${peerAsn}`,
    holdTimeMs === 0 ? 'no keepalives' : `hold ${holdTimeMs / 1000} s`,
    families.join(' and '),
    ...(extendedNextHop ? ['extended next hop'] : []),
    ...(peerKeepsRoutes ? ['graceful restart'] : []),
    ...(bfdProfile === undefined ? [] : [`BFD ${bfd?.state ?? 'not begun'}`]),
  ];
  return parts.join(', ');
}

function listed(lines: readonly string[]): string {
  const more = lines.length - mostPeersTold;
  return `${lines.slice(0, mostPeersTold).join('; ')}${more > 0 ? ` and ${more} more` : ''}`;
}
