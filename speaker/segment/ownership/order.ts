// Which of two claims for an address is the better one (layer2 §5.1). Total, and the same on every node: whoever hears both agrees.
import { score } from '../../desired/rendezvous.ts';
import type { NodeId } from '../node-id.ts';

export interface ClaimRank {
  readonly owner: NodeId;
  /** As rendezvous hashing takes the owner. */
  readonly ownerHash: number;
  readonly epoch: number;
  /** Made where fewer than half of the speakers were seen. */
  readonly minority: boolean;
}

export function isBetterClaim(a: ClaimRank, b: ClaimRank, addressHash: number): boolean {
  if (a.minority !== b.minority) return b.minority;
  if (a.epoch !== b.epoch) return a.epoch > b.epoch;
  return hasHigherScore(a, b, addressHash);
}

/** All that is left where epochs are not known, as between two announcements. */
export function hasHigherScore(
  a: Pick<ClaimRank, 'owner' | 'ownerHash'>,
  b: Pick<ClaimRank, 'owner' | 'ownerHash'>,
  addressHash: number,
): boolean {
  const difference = score(addressHash, a.ownerHash) - score(addressHash, b.ownerHash);
  return difference === 0 ? a.owner > b.owner : difference > 0;
}
