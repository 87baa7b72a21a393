// After an own pause (layer2 §3.7): nothing is answered before what happened meanwhile has been heard. After a short one, one fresh packet of
// a member that knows no better claim is enough; after a long one others may have judged this node, and it waits in QUARANTINE.
import { askDrain, wakeBy } from '../turn.ts';
import { showTable } from './peer-table.ts';
import { enter } from './phases.ts';
import type { OwnershipTurn } from './state.ts';

const listenMs = 120;

export function mute(turn: OwnershipTurn, quarantine: boolean): void {
  const { ownership, effects, nowMs } = turn;
  if (ownership.phase !== 'joined') return;
  if (ownership.mute === undefined) effects.push({ kind: 'mute' });
  ownership.mute = {
    quarantine: quarantine || ownership.mute?.quarantine === true,
    settled: false,
    untilMs: nowMs + listenMs,
  };
  // Whoever waited for its turn did not hear whether another took it.
  for (const address of ownership.pending) {
    const { kind } = address.phase;
    if (kind !== 'wait' && kind !== 'probing') continue;
    enter(turn, address, { kind: 'idle' });
    ownership.orphans.add(address);
  }
  wakeBy(turn, ownership.mute.untilMs);
}

/** All that had waited is taken in. */
export function settle(turn: OwnershipTurn): void {
  const { ownership, nowMs } = turn;
  const { mute: muted } = ownership;
  if (muted === undefined) return;
  if (muted.settled) {
    if (nowMs >= muted.untilMs) unmute(turn);
    return;
  }
  muted.settled = true;
  muted.untilMs = nowMs + listenMs;
  wakeBy(turn, muted.untilMs);
  if (muted.quarantine) showTable(turn);
}

/** A member that owns what it was known to own: nothing has happened. */
export function hearNoNews(turn: OwnershipTurn): void {
  const { mute: muted } = turn.ownership;
  if (muted?.settled === true && !muted.quarantine) unmute(turn);
}

export function endMuteInTime({ ownership, nowMs, ...turn }: OwnershipTurn): void {
  const { mute: muted } = ownership;
  if (muted?.settled === true && nowMs >= muted.untilMs) askDrain({ nowMs, ...turn });
}

function unmute({ ownership, effects, ...turn }: OwnershipTurn): void {
  ownership.mute = undefined;
  effects.push({ kind: 'unmute' });
  wakeBy({ effects, ...turn }, turn.nowMs);
}
