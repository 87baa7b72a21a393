// Orphans whose turn it is (layer2 §5.2): claimed at once, or probed first where nobody is known to have had them.
import { askDrain } from '../turn.ts';
import type { Taking } from './claiming.ts';
import { mayClaim } from './eligibility.ts';
import { enter } from './phases.ts';
import { startProbing } from './probing.ts';
import type { OwnershipTurn } from './state.ts';

export function isWaitOver(turn: OwnershipTurn): boolean {
  for (const { phase } of turn.ownership.pending) if (phase.kind === 'wait' && phase.untilMs <= turn.nowMs) return true;
  return false;
}

export function decideWaits(turn: OwnershipTurn): readonly Taking[] {
  const { ownership, nowMs } = turn;
  const takings: Taking[] = [];
  for (const address of ownership.pending) {
    const { phase } = address;
    if (phase.kind !== 'wait' || phase.untilMs > nowMs) continue;
    if (!mayClaim(turn, address)) enter(turn, address, { kind: 'idle' });
    else if (address.floor === 0 || ownership.blind) startProbing(turn, address);
    else takings.push({ address, reason: 'orphan', cause: address.lostBy ?? 'new' });
  }
  return takings;
}

/** What waits for its turn is decided only after all that was received has been taken in. */
export function askIfWaitOver(turn: OwnershipTurn): void {
  if (isWaitOver(turn)) askDrain(turn);
}
