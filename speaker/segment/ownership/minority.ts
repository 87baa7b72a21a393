// The minority flag (layer2 §5.1): a claim made where fewer than half of the speakers were seen is worse than any other. Its owner clears the
// flag after a minute among the majority.
import { setOwner } from './holdings.ts';
import { sayClaim } from './repeats.ts';
import type { Address } from './record.ts';
import type { OwnershipTurn } from './state.ts';

const clearAfterMs = 60_000;

/** Each second. */
export function clearMinority(turn: OwnershipTurn): void {
  const { ownership, nowMs, config } = turn;
  if (!turn.isMajority()) ownership.majoritySinceMs = undefined;
  else ownership.majoritySinceMs ??= nowMs;
  if (ownership.majoritySinceMs === undefined || nowMs - ownership.majoritySinceMs < clearAfterMs) return;
  const cleared: Address[] = [];
  for (const address of ownership.holdings.get(config.self.id)?.addresses ?? []) {
    const isContested = address.phase.kind === 'owner' && nowMs - address.phase.defendedMs < clearAfterMs;
    if (address.minority && !isContested) cleared.push(address);
  }
  for (const address of cleared) {
    setOwner(ownership, address, { owner: config.self.id, epoch: address.epoch, minority: false }, turn);
  }
  if (cleared.length > 0) sayClaim(turn, 'repeat', cleared);
}
