// SPEAKER_DOWN (layer2 §3.5): a node whose kernel answers and whose speaker does not, as when it crashes, restarts, stops or collects garbage.
// Its addresses stay with it for a while, as its kernel goes on forwarding; its watchers look whether that still lives.
import { confirmMs } from '../profile.ts';
import { wakeBy } from '../turn.ts';
import { noteLife } from './life.ts';
import { suspicionMsOf, type Member } from './member.ts';
import type { WatchTurn } from './state.ts';
import { endSuspicion, probe, suspect } from './suspicion.ts';

const probeIntervalMs = 100;

export function beginAbsence(turn: WatchTurn, member: Member, holdMs: number): void {
  const { watch, nowMs } = turn;
  // The deaf may be DOWN and still be heard to say farewell: nothing is left to wait for.
  if (member.down !== undefined) return;
  const isNew = member.absence === undefined;
  member.absence ??= {
    sinceMs: nowMs,
    untilMs: nowMs + holdMs,
    restarted: false,
    nextProbeMs: nowMs,
    sequence: member.sequence,
  };
  member.absence.nextProbeMs = nowMs + probeIntervalMs;
  watch.absent.add(member);
  endSuspicion(turn, member);
  if (isNew) noteLife(turn, member);
  if (member.watchedSinceMs !== undefined) probe(turn, member);
  wakeBy(turn, nextInAbsenceMs(turn, member));
}

/** Its next process is about to join: it gets the whole time anew, once. */
export function prolongAbsence({ absence }: Member, nowMs: number, holdMs: number): void {
  if (absence === undefined || absence.restarted) return;
  absence.restarted = true;
  absence.untilMs = Math.max(absence.untilMs, nowMs + holdMs);
}

/** This node did not run for a while: whoever is away must be seen to be away anew. */
export function postponeAbsences({ watch, nowMs, config: { profile } }: WatchTurn): void {
  for (const member of watch.absent) {
    if (member.absence === undefined) continue;
    const seenMs = suspicionMsOf(member, profile) + confirmMs(profile);
    member.absence.untilMs = Math.max(member.absence.untilMs, nowMs + seenMs);
    member.absence.nextProbeMs = nowMs;
    member.kernelMs = Math.max(member.kernelMs, nowMs - probeIntervalMs);
  }
}

/** Done by its watchers: all others would only ask its kernel more often. */
export function advanceAbsence(turn: WatchTurn, member: Member): void {
  const { absence, suspicion } = member;
  if (absence === undefined || suspicion !== undefined || member.watchedSinceMs === undefined) return;
  if (turn.nowMs < nextInAbsenceMs(turn, member)) return;
  const isKernelSilent = member.kernelMs < absence.nextProbeMs - probeIntervalMs;
  if (isKernelSilent || turn.nowMs >= lastRoundMs(turn, absence.untilMs)) return suspect(turn, member, false);
  probe(turn, member);
  absence.nextProbeMs = turn.nowMs + probeIntervalMs;
}

export function nextInAbsenceMs(turn: WatchTurn, { absence, suspicion, watchedSinceMs }: Member): number {
  if (absence === undefined || suspicion !== undefined || watchedSinceMs === undefined) return Infinity;
  return Math.min(absence.nextProbeMs, lastRoundMs(turn, absence.untilMs));
}

/** The round whose verdict comes when the time is over. */
function lastRoundMs({ config: { profile } }: WatchTurn, untilMs: number): number {
  return untilMs - confirmMs(profile);
}
