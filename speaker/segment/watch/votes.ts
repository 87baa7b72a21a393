// What other watchers say of a suspect. Hearsay (layer2 §3.7): it may delay a verdict or complete a quorum; it is no sign of life by itself
// and never passed on.
import type { Vote } from '../message/verdict.ts';
import type { NodeId } from '../node-id.ts';
import { lonelyRoundsLimit, votesNeeded } from './quorum.ts';

export interface HeardVote {
  readonly atMs: number;
  readonly vote: Vote;
}

export interface Tally {
  readonly voters: number;
  /** Those who have seen nothing of it, by what it is suspected of. */
  readonly silent: readonly NodeId[];
  /** Those who have not heard its speaker, whatever its kernel does. */
  readonly speakerless: readonly NodeId[];
  readonly beat: boolean;
  readonly speaker: boolean;
  readonly kernel: boolean;
}

interface Round {
  readonly startMs: number;
  readonly nowMs: number;
  readonly suspicionMs: number;
  readonly deaf: boolean;
  /** Its speaker said farewell or was seen to be away then: beats before that prove nothing. */
  readonly awaySinceMs: number | undefined;
}

/** So much later may a voter hear a farewell. */
const farewellSpreadMs = 20;

/** Only the last vote of each is in `votes`. */
export function tally(votes: ReadonlyMap<NodeId, HeardVote>, round: Round): Tally {
  const silent: NodeId[] = [];
  const speakerless: NodeId[] = [];
  let [beat, speaker, kernel] = [false, false, false];
  for (const [voter, { atMs, vote }] of votes) {
    const sees = (ageMs: number | undefined): boolean => ageMs !== undefined && atMs - ageMs >= round.startMs;
    // As old as it is by now: what a voter heard before it was asked may be too old at the verdict.
    const beatMs = vote.beatAgeMs === undefined ? -Infinity : atMs - vote.beatAgeMs;
    beat ||= round.nowMs - beatMs < round.suspicionMs && beatMs > (round.awaySinceMs ?? -Infinity) + farewellSpreadMs;
    speaker ||= sees(vote.speakerAgeMs);
    kernel ||= sees(vote.kernelAgeMs);
    const isSpeakerless = vote.beatAgeMs === undefined || vote.beatAgeMs >= round.suspicionMs;
    if (isSpeakerless && !sees(vote.speakerAgeMs)) speakerless.push(voter);
    if ((round.deaf || isSpeakerless) && !sees(vote.speakerAgeMs) && !sees(vote.kernelAgeMs)) silent.push(voter);
  }
  return { voters: votes.size, silent, speakerless, beat, speaker, kernel };
}

/** `others`: live watchers beside this node. */
export function hasQuorum(others: number, agreeing: number, voters: number, lonelyRounds: number): boolean {
  const needed = votesNeeded(others);
  return agreeing >= needed || (voters < needed && lonelyRounds >= lonelyRoundsLimit);
}
