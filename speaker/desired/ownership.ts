// Which of the candidates of an address owns it: a pure function of what all nodes know, so that all name the same one. A Ready node before
// one that is not, then the higher preference, then the higher rendezvous score, then the higher node id.
import { ipToBytes, type Ip } from '#shared/net/ip.ts';
import { fnv1a32, placementHash, score } from './rendezvous.ts';

/** What an election looks at. */
export interface Rank {
  readonly node: string;
  readonly ready: boolean;
  readonly preference: number;
}

export type Election = <Candidate extends Rank>(
  candidates: readonly Candidate[],
  placementKey: Ip,
) => Candidate | undefined;

/** Remembers the hashes of nodes: each is scored against thousands of addresses. */
export function createElection(nodeId: (name: string) => Uint8Array): Election {
  const nodeHashes = new Map<string, number>();
  const hashOf = (node: string): number => {
    const known = nodeHashes.get(node);
    if (known !== undefined) return known;
    const hash = fnv1a32(nodeId(node));
    nodeHashes.set(node, hash);
    return hash;
  };
  return (candidates, placementKey) => {
    const addressHash = placementHash(ipToBytes(placementKey));
    let best: (typeof candidates)[number] | undefined;
    let bestScore = -1;
    for (const candidate of candidates) {
      const rank = best === undefined ? 1 : compareRank(candidate, best);
      if (rank < 0) continue;
      const ownScore = score(addressHash, hashOf(candidate.node));
      const wins =
        best === undefined ||
        rank > 0 ||
        ownScore > bestScore ||
        (ownScore === bestScore && isHigher(nodeId(candidate.node), nodeId(best.node)));
      if (!wins) continue;
      best = candidate;
      bestScore = ownScore;
    }
    return best;
  };
}

/** Above zero when `a` comes before `b` whatever their scores. */
function compareRank(a: Rank, b: Rank): number {
  if (a.ready !== b.ready) return a.ready ? 1 : -1;
  return a.preference - b.preference;
}

/** Two nodes may meet in one 32-bit score; their ids differ. */
function isHigher(a: Uint8Array, b: Uint8Array): boolean {
  const index = a.findIndex((byte, position) => byte !== b[position]);
  return (a[index] ?? 0) > (b[index] ?? 0);
}
