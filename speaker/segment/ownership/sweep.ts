// The sweep (layer2 §5.3): each second every address is looked at again, some hundreds at a time, so that nothing rests on one timer or one
// packet (simulated without it: two owners for 73 s).
import { sweepMs } from '../profile.ts';
import { wakeBy } from '../turn.ts';
import { adopt } from './adoption.ts';
import { isOrphan, mayClaim, noteEligibility } from './eligibility.ts';
import { offersPerSecond } from './hand-off.ts';
import { giveUp, reconsiderOwn } from './keeping.ts';
import { reviewMinority } from './minority.ts';
import { askForTables } from './peer-table.ts';
import { Batch } from './placement.ts';
import { isOwn, type Address } from './record.ts';
import type { OwnershipTurn } from './state.ts';
import { isForgettable, refreshOnLink } from './wanted.ts';

const slice = 500;

export function sweep(turn: OwnershipTurn): void {
  const { ownership, nowMs } = turn;
  if (ownership.phase !== 'joined') return;
  if (nowMs >= ownership.nextSweepMs && ownership.sweeping.length === 0) begin(turn);
  if (ownership.sweeping.length === 0) return;
  const now = ownership.sweeping.slice(0, slice);
  ownership.sweeping = ownership.sweeping.slice(slice);
  reconsiderAll(turn, now);
  wakeBy(turn, ownership.sweeping.length > 0 ? nowMs : ownership.nextSweepMs);
}

/** Whatever is known of these now decides. */
function reconsiderAll(turn: OwnershipTurn, addresses: Iterable<Address>): void {
  const { ownership, nowMs } = turn;
  refreshOnLink(turn);
  const batch = new Batch(turn);
  const givenUp: Address[] = [];
  for (const address of addresses) {
    if (isOwn(address)) {
      if (ownership.mute === undefined) reconsiderOwn(turn, address, batch, givenUp);
      continue;
    }
    noteEligibility(turn, address);
    const { kind } = address.phase;
    if (address.desired === undefined) {
      if (isForgettable(address, nowMs)) ownership.addresses.delete(address.ip);
    } else if (kind === 'idle' && isOrphan(turn, address) && mayClaim(turn, address)) {
      ownership.orphans.add(address);
    }
  }
  giveUp(turn, givenUp);
}

function begin(turn: OwnershipTurn): void {
  const { ownership, nowMs } = turn;
  ownership.nextSweepMs = nowMs + sweepMs;
  ownership.offerTokens = offersPerSecond;
  ownership.sweeping = [...ownership.addresses.values()];
  adopt(turn);
  reviewMinority(turn);
  askForTables(turn);
}
