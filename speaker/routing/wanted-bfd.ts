// Which BFD sessions the BGP sessions of this node want, and which of those that the wire thread has is whose (spec/bgp §11; pure). Peers at one
// address may share one: that is the wire thread's to see.
import type { BFDProfile } from '#shared/config/bfd-profile.ts';
import type { PeerSession } from '../bgp/peer-session.ts';
import type { BgpMachine } from '../desired/bgp/peers.ts';
import type { ObservedBfd, WantedBfd } from '../seam.ts';

const onlyNeighbours = 255;

/** The two ends and the way between them. */
type Path = Pick<WantedBfd, 'remote' | 'local' | 'device' | 'multihop'>;

/** Undefined: the session is to have none, or its router has not been heard yet. */
function pathOf(
  { bfdProfile, config, transport }: PeerSession,
  { isOnLink }: Pick<BgpMachine, 'isOnLink'>,
): Path | undefined {
  const { remote, local, device, hopLimit, leastHopLimit } = transport;
  if (bfdProfile === undefined || remote === undefined) return undefined;
  const isInternal = config.peerAsn === 'internal' || config.peerAsn === config.localAsn;
  // An eBGP peer is a neighbour if its BGPPeer says nothing else; where an iBGP peer is, only the network tells.
  const mayBeFar = hopLimit > 1 && leastHopLimit < onlyNeighbours;
  const multihop = !config.linkLocalNextHop && (isInternal ? !isOnLink(remote) : mayBeFar);
  return { remote, local, device, multihop };
}

export function wantedBfd(
  sessions: readonly PeerSession[],
  profiles: readonly BFDProfile[],
  machine: Pick<BgpMachine, 'isOnLink'>,
): readonly WantedBfd[] {
  const byName = new Map(profiles.map((profile) => [profile.name, profile]));
  return sessions.flatMap((session) => {
    const [path, profile] = [pathOf(session, machine), byName.get(session.bfdProfile ?? '')];
    if (path === undefined || profile === undefined) return [];
    const { transmitIntervalMs, receiveIntervalMs, detectMultiplier, passive, minimumTtl } = profile;
    const leastHopLimit = path.multihop ? minimumTtl : onlyNeighbours;
    return [{ ...path, transmitIntervalMs, receiveIntervalMs, detectMultiplier, passive, leastHopLimit }];
  });
}

/** Of those that there are, the one that watches a session. */
export class BfdFinder {
  readonly #machine: Pick<BgpMachine, 'isOnLink'>;
  readonly #byPath: ReadonlyMap<string, readonly ObservedBfd[]>;

  constructor(observed: readonly ObservedBfd[], machine: Pick<BgpMachine, 'isOnLink'>) {
    this.#machine = machine;
    this.#byPath = Map.groupBy(observed, keyOf);
  }

  of(session: PeerSession): ObservedBfd | undefined {
    const path = pathOf(session, this.#machine);
    if (path === undefined) return undefined;
    return this.#byPath.get(keyOf(path))?.find(({ local }) => path.local === undefined || local === path.local);
  }
}

function keyOf({ remote, device, multihop }: Omit<Path, 'local'>): string {
  return `${remote} ${device ?? ''} ${multihop}`;
}
