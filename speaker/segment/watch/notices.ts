// DOWN and UP, told to the group (layer2 §3.5, §3.6): three times, as each may get lost; and what hearing them does.
import type { DownNotice, DownNoticeCause, UpNotice } from '../message/verdict.ts';
import type { NodeId } from '../node-id.ts';
import { send, wakeBy } from '../turn.ts';
import { sendHello } from './hello.ts';
import { lastEvidenceMs, markDown } from './life.ts';
import { isLive, suspicionMsOf, type Member } from './member.ts';
import type { WatchTurn } from './state.ts';
import { suspect } from './suspicion.ts';
import { isWatcher } from './watchers.ts';

const repeatsMs = [20, 60];
const maxNotices = 3_000;
const maxVoters = 255;
/** Whoever is called dead wrongly says so at most this often. */
const accusedIntervalMs = 100;

export function declareDown(turn: WatchTurn, member: Member, cause: DownNoticeCause, voters: readonly NodeId[]): void {
  const { watch, nowMs } = turn;
  const { id: about, incarnation } = member;
  const notice: DownNotice = { kind: 'down', about, incarnation, cause, voters: voters.slice(0, maxVoters) };
  markDown(turn, member, cause);
  send(turn, 'group', notice);
  if (watch.notices.length > maxNotices) return;
  for (const delayMs of repeatsMs) {
    watch.notices.push({ atMs: nowMs + delayMs, message: notice });
    wakeBy(turn, nowMs + delayMs);
  }
}

/** A repeat does not outlive what it says. */
export function repeatNotices(turn: WatchTurn): void {
  const { watch, nowMs } = turn;
  const due = watch.notices.filter(({ atMs }) => atMs <= nowMs);
  if (due.length === 0) return;
  const later = watch.notices.filter(({ atMs }) => atMs > nowMs);
  watch.notices.splice(0, watch.notices.length, ...later);
  for (const { message } of due) {
    if (message.kind === 'down' && watch.members.get(message.about)?.down === undefined) continue;
    send(turn, 'group', message);
  }
}

/** Believed unless this node itself has seen the accused lately. */
export function hearDown(turn: WatchTurn, { about, incarnation, cause }: DownNotice): void {
  const { watch, config, nowMs } = turn;
  if (about === config.self.id) return answerAccusation(turn, incarnation);
  const member = watch.members.get(about);
  if (member === undefined || !isLive(member) || member.incarnation !== incarnation) return;
  const evidenceMs = lastEvidenceMs(member, cause === 'deaf');
  // The kernel of one whose speaker is lost goes on answering.
  const spokeMs = cause === 'speakerDown' ? Math.max(member.heardMs, member.speakerMs) : evidenceMs;
  if (nowMs - spokeMs >= suspicionMsOf(member, config.profile)) return markDown(turn, member, cause);
  if (cause !== 'deaf' && isWatcher(watch.lists, about, config.self.id)) suspect(turn, member, false);
}

function answerAccusation(turn: WatchTurn, incarnation: number): void {
  const { watch, config, nowMs, news } = turn;
  if (incarnation !== config.self.incarnation || nowMs - watch.lastAccusedMs < accusedIntervalMs) return;
  watch.lastAccusedMs = nowMs;
  sendHello(turn, 'group');
  news.push({ kind: 'healed' });
}

/** Somebody hears it again: everybody shows its table, and asks it for a sign of its own. */
export function hearUp(turn: WatchTurn, { about }: UpNotice): void {
  const { watch, config, news } = turn;
  news.push({ kind: 'healed' });
  const member = watch.members.get(about);
  if (about === config.self.id || member === undefined || isLive(member)) return;
  send(turn, member.source, { kind: 'ping', nonce: 0 });
}
