// Who has been silent for too long (layer2 §3.3, §3.4). Silence counts from the last packet, but only while this node itself ran and was
// one of the watchers.
import { send } from '../turn.ts';
import { helloPeriodMs } from './hello.ts';
import { isLive, suspicionMsOf, type Member } from './member.ts';
import type { WatchTurn } from './state.ts';
import { suspect } from './suspicion.ts';

/** Missing so many HELLOs makes everybody suspect a member. */
const hellosMissed = 4;

export function silenceDueMs({ watch, config: { profile } }: WatchTurn, member: Member): number {
  const limitMs = suspicionMsOf(member, profile);
  const sinceMs = Math.max(member.heardMs, watch.awakeSinceMs, (member.watchedSinceMs ?? Infinity) + limitMs);
  return Math.max(sinceMs + limitMs, member.spareUntilMs);
}

/** Not suspected already, nor known to be away. */
export function countsSilence(member: Member): boolean {
  return isLive(member) && member.suspicion === undefined && member.absence === undefined;
}

/** After all that was received has been taken in. */
export function suspectTheSilent(turn: WatchTurn): void {
  for (const member of turn.watch.watched) {
    if (countsSilence(member) && silenceDueMs(turn, member) <= turn.nowMs) suspect(turn, member, false);
  }
}

/** It does not know that it is to beat to this node: its list of members differs. */
export function pingTheUnaware(turn: WatchTurn): void {
  const { watch, nowMs, config } = turn;
  for (const member of watch.watched) {
    const sinceMs = member.watchedSinceMs ?? nowMs;
    const isUnaware = member.heardMs < sinceMs && member.pingedMs < sinceMs;
    if (!isUnaware || !countsSilence(member) || nowMs < sinceMs + suspicionMsOf(member, config.profile)) continue;
    member.pingedMs = nowMs;
    send(turn, member.source, { kind: 'ping', nonce: 0 });
  }
}

/** Each second; for those whose watchers may have died with them. */
export function suspectTheForgotten(turn: WatchTurn): void {
  const { watch, nowMs } = turn;
  const limitMs = hellosMissed * helloPeriodMs(watch);
  for (const member of watch.members.values()) {
    if (!isLive(member) || member.suspicion !== undefined || member.watchedSinceMs !== undefined) continue;
    if (
      nowMs - Math.max(member.heardMs, member.upSinceMs, watch.awakeSinceMs) > limitMs &&
      nowMs >= member.spareUntilMs
    ) {
      suspect(turn, member, false);
    }
  }
}
