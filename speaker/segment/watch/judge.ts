// Ends the rounds that are over, each with its verdict (layer2 §3.5). Called only after all that was received has been taken in.
import { speakerHoldMs } from '../profile.ts';
import { beginAbsence } from './absence.ts';
import { lastSeenOtherThan } from './last-two.ts';
import { endAbsence, lastEvidenceMs } from './life.ts';
import { isKernelMute, isLive, suspicionMsOf, type Member } from './member.ts';
import { declareDown } from './notices.ts';
import { votesNeeded } from './quorum.ts';
import type { WatchTurn } from './state.ts';
import { endSuspicion, restartRound, verdictDueMs, type Suspicion } from './suspicion.ts';
import { verdict, type RoundEvidence } from './verdict.ts';
import { hasQuorum, tally, type Tally } from './votes.ts';
import { watchersOf } from './watchers.ts';

const spareMs = 150;
const isolatedWaitMs = 100;
/** A member that answers ARP and is not heard for so long: UDP is filtered. */
const pathBlockedMs = 3_000;
const pathBlockedSpareMs = 250;
/** In a segment of two, a frame of a third station within this time shows that this node is not cut off. */
const strangerFrameMs = 5_000;

/** A kernel known to be mute proves silence only after so many suspicion times, and rounds. */
const muteKernelFactor = 3;

export function judgeAll(turn: WatchTurn): void {
  for (const member of turn.watch.suspects) {
    const { suspicion } = member;
    if (suspicion === undefined || turn.nowMs < verdictDueMs(suspicion, turn)) continue;
    const isLate = turn.nowMs - verdictDueMs(suspicion, turn) > turn.config.profile.lateMs;
    if (isLate) restartRound(turn, suspicion, turn.nowMs);
    else judge(turn, member, suspicion);
  }
}

function judge(turn: WatchTurn, member: Member, suspicion: Suspicion): void {
  const { nowMs, config } = turn;
  const votes = tally(suspicion.votes, {
    startMs: suspicion.roundMs,
    nowMs,
    suspicionMs: suspicionMsOf(member, config.profile),
    deaf: suspicion.deaf,
    awaySinceMs: member.absence?.sinceMs,
  });
  const others = otherWatchers(turn, member);
  suspicion.completeRounds++;
  if (votes.voters < votesNeeded(others)) suspicion.lonelyRounds++;
  const evidence = evidenceOf(turn, member, suspicion, votes, others);
  switch (verdict(evidence)) {
    case 'up':
      return acquit(turn, member);
    case 'speakerDown':
      return beginAbsence(turn, member, speakerHoldMs);
    case 'speakerLost':
      return declareDown(turn, member, 'speakerDown', votes.speakerless);
    case 'void':
      suspicion.completeRounds--;
      return restartRound(turn, suspicion, nowMs);
    case 'unsure':
      return restartRound(turn, suspicion, nowMs);
    case 'isolated':
      return restartRound(turn, suspicion, nowMs + isolatedWaitMs);
    case 'down':
      return declareDown(turn, member, suspicion.deaf ? 'deaf' : 'silent', votes.silent);
  }
}

function evidenceOf(
  turn: WatchTurn,
  member: Member,
  suspicion: Suspicion,
  votes: Tally,
  others: number,
): RoundEvidence {
  const { nowMs, config } = turn;
  const { deaf, roundMs, controls, controlAnswers, completeRounds, lonelyRounds } = suspicion;
  const limitMs = suspicionMsOf(member, config.profile);
  const kernel = member.kernelMs >= roundMs || votes.kernel;
  const silentForMs = nowMs - lastEvidenceMs(member, deaf);
  return {
    deaf,
    // A packet since it was seen to be away would have ended its absence.
    beat: (member.absence === undefined && nowMs - member.heardMs < limitMs) || votes.beat,
    speaker: member.speakerMs >= roundMs || votes.speaker,
    kernel,
    holdOver: member.absence !== undefined && nowMs >= member.absence.untilMs,
    controls: controls === undefined ? undefined : controlAnswers,
    silenceProven:
      !isKernelMute(member) || (silentForMs >= muteKernelFactor * limitMs && completeRounds >= muteKernelFactor),
    quorum: hasQuorum(others, (kernel ? votes.speakerless : votes.silent).length, votes.voters, lonelyRounds),
    guard: isConnected(turn, member, suspicion),
  };
}

/**
 * The isolation guard. Between two nodes there is no third to tell who is cut off: what else lives on the LAN has to. So it is where all
 * others are suspects too; but then it is likely that it is this node that is cut off, and only what is seen now counts.
 */
function isConnected({ watch, nowMs, config }: WatchTurn, member: Member, suspicion: Suspicion): boolean {
  const isGatewayThere = watch.gatewayAnswerMs >= suspicion.roundMs;
  const isAlone = suspicion.controls === undefined;
  // Calling somebody deaf takes proof that this node is not mute: an answer to one of its own probes.
  if (suspicion.deaf) return !isAlone || isGatewayThere;
  if (isAlone) {
    const sinceMs = watch.members.size === 1 ? nowMs - strangerFrameMs : suspicion.roundMs;
    return isGatewayThere || watch.strangerMs >= sinceMs;
  }
  const foreignMs = lastSeenOtherThan(watch.foreign, member.mac);
  const limitMs = suspicionMsOf(member, config.profile);
  const heardMs = lastSeenOtherThan(watch.heard, member.id);
  return isGatewayThere || nowMs - Math.max(heardMs, foreignMs) <= limitMs;
}

function acquit(turn: WatchTurn, member: Member): void {
  const { nowMs, effects } = turn;
  endSuspicion(turn, member);
  endAbsence(turn, member);
  member.quietBeats = 0;
  const isBlocked = nowMs - member.heardMs >= pathBlockedMs && nowMs - member.speakerMs < pathBlockedMs;
  member.spareUntilMs = nowMs + (isBlocked ? pathBlockedSpareMs : spareMs);
  if (!isBlocked || member.pathBlocked) return;
  member.pathBlocked = true;
  effects.push({ kind: 'condition', condition: 'probePathBlocked', holds: true, about: member.id });
}

function otherWatchers({ watch, config: { self } }: WatchTurn, { id }: Member): number {
  return watchersOf(watch.lists, id).filter((watcher) => {
    const peer = watch.members.get(watcher);
    return watcher !== self.id && peer !== undefined && isLive(peer);
  }).length;
}
