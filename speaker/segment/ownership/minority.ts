// The minority flag (layer2 §5.1): a claim made where fewer than half of the speakers were seen is worse than any other. It takes a while to
// see how few are left: whoever claimed meanwhile owns up to it. The flag is cleared after a minute among the majority.
import { setOwner } from './holdings.ts';
import { sayClaim } from './repeats.ts';
import type { Address } from './record.ts';
import type { OwnershipTurn } from './state.ts';

const clearAfterMs = 60_000;
/** A claim made so shortly before it shows that these are few was one of few. */
const confessWithinMs = 30_000;

/** Each second. */
export function reviewMinority(turn: OwnershipTurn): void {
  const { ownership, nowMs, config } = turn;
  const own = [...(ownership.holdings.get(config.self.id)?.addresses ?? [])];
  if (!turn.isMajority()) {
    ownership.majoritySinceMs = undefined;
    const young = own.filter(({ minority, claimedMs }) => !minority && nowMs - claimedMs < confessWithinMs);
    return setMinority(turn, young, true);
  }
  ownership.majoritySinceMs ??= nowMs;
  if (nowMs - ownership.majoritySinceMs < clearAfterMs) return;
  const settled = own.filter(({ minority, phase }) => {
    const isContested = phase.kind === 'owner' && nowMs - phase.defendedMs < clearAfterMs;
    return minority && !isContested;
  });
  setMinority(turn, settled, false);
}

function setMinority(turn: OwnershipTurn, addresses: readonly Address[], minority: boolean): void {
  const { ownership, config } = turn;
  for (const address of addresses) {
    setOwner(ownership, address, { owner: config.self.id, epoch: address.epoch, minority }, turn);
  }
  if (addresses.length > 0) sayClaim(turn, 'repeat', addresses);
}
