// The start (layer2 §5.7): a new process listens first. It asks two members what they know this node to own, marked as joining, so that an
// older process of the same node goes on undisturbed; then it becomes a member.
import type { SegmentEventOf } from '../event.ts';
import type { Table } from '../message/table.ts';
import type { NodeId } from '../node-id.ts';
import { askDrain, send, wakeBy } from '../turn.ts';
import { firstHelloRepeats, sendHello } from './hello.ts';
import { isLive, type Member } from './member.ts';
import type { WatchTurn } from './state.ts';

export interface Join {
  readonly sinceMs: number;
  /** Another process that listens only: the whole cluster may be starting. */
  firstJoinerMs: number | undefined;
  /** The chunks that are still to come; undefined: not even the first has. */
  readonly asked: Map<NodeId, Set<number> | undefined>;
  nextAskMs: number;
  /** Nobody else has a speaker. */
  readonly alone: boolean;
}

/** After so long whoever is there was heard, as a rule. */
export const listenMs = 1_000;
const longestMs = 3_000;
const askIntervalMs = 250;
const askedMembers = 2;

export function newJoin(nowMs: number, alone: boolean): Join {
  return { sinceMs: nowMs, firstJoinerMs: undefined, asked: new Map(), nextAskMs: nowMs, alone };
}

export function startJoining(turn: WatchTurn, { savedRoster }: SegmentEventOf<'start'>): void {
  const { watch, nowMs, config } = turn;
  if (watch.phase !== 'idle') return;
  const others = [...watch.nodes.values()].filter(({ id, speaker }) => speaker && id !== config.self.id);
  for (const id of savedRoster) if (watch.nodes.get(id)?.speaker === true) watch.roster.add(id);
  watch.phase = 'joining';
  turn.pace.joining = true;
  watch.awakeSinceMs = nowMs;
  watch.join = newJoin(nowMs, others.length === 0);
  advanceJoin(turn);
}

/** Says HELLO and asks, again and again, and ends the listening when it is time. */
export function advanceJoin(turn: WatchTurn): void {
  const { watch, nowMs, config } = turn;
  if (watch.phase !== 'joining' || nowMs < watch.join.nextAskMs) return;
  watch.join.nextAskMs = nowMs + askIntervalMs;
  sendHello(turn, 'group');
  for (const member of watch.members.values()) {
    if (watch.join.asked.size >= askedMembers) break;
    if (isLive(member) && !watch.join.asked.has(member.id)) watch.join.asked.set(member.id, undefined);
  }
  for (const [id, missing] of watch.join.asked) {
    const member = watch.members.get(id);
    if (member === undefined || missing?.size === 0) continue;
    send(turn, member.source, { kind: 'tableRequest', about: config.self.id, haveVersion: 0 });
  }
  if (isOver(turn)) askDrain(turn);
  wakeBy(turn, nextInJoinMs(turn));
}

/** After all that was received has been taken in. */
export function endJoinInTime(turn: WatchTurn): void {
  const { watch, nowMs, news, effects } = turn;
  if (watch.phase !== 'joining' || !isOver(turn)) return;
  const isBlind = !watch.join.alone && watch.heard.latest === undefined && watch.join.firstJoinerMs === undefined;
  watch.phase = 'joined';
  turn.pace.joining = false;
  watch.nextBeatMs = nowMs;
  watch.firstHellos = firstHelloRepeats;
  for (const member of watch.watched) member.watchedSinceMs = nowMs;
  // Adoption comes first, so that the HELLO tells of it.
  news.push({ kind: 'joined', blind: isBlind });
  if (isBlind) effects.push({ kind: 'condition', condition: 'segmentSilent', holds: true, about: undefined });
  wakeBy(turn, nowMs);
}

export function hearOwnTable(turn: WatchTurn, member: Member, { chunk, chunks }: Table): void {
  const { watch, nowMs } = turn;
  if (watch.phase !== 'joining' || !watch.join.asked.has(member.id)) return;
  const missing = watch.join.asked.get(member.id) ?? new Set(Array.from({ length: chunks }, (_, index) => index));
  missing.delete(chunk);
  watch.join.asked.set(member.id, missing);
  if (!isOver(turn)) return;
  watch.join.nextAskMs = Math.min(watch.join.nextAskMs, nowMs);
  wakeBy(turn, nowMs);
}

export function nextInJoinMs({ watch: { phase, join } }: WatchTurn): number {
  return phase === 'joining' ? join.nextAskMs : Infinity;
}

function isOver({ watch: { join, heard }, nowMs }: WatchTurn): boolean {
  if (join.alone) return true;
  const answered = [...join.asked.values()].filter((missing) => missing?.size === 0).length;
  if (answered >= askedMembers) return true;
  const passedMs = nowMs - join.sinceMs;
  if (passedMs >= longestMs) return true;
  if (heard.latest !== undefined) return passedMs >= listenMs;
  return join.firstJoinerMs !== undefined && nowMs - join.firstJoinerMs >= listenMs;
}
