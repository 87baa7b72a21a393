// The ownership engine of a segment (layer2 §5): who owns an address is whoever last claimed it validly; incumbents stay, orphans are placed.
import type { SegmentEvent, SegmentEventOf } from '../event.ts';
import { noFlags } from '../message/member-flags.ts';
import { isLive } from '../watch/member.ts';
import type { MemberNews } from '../watch/state.ts';
import { jittered, wakeBy } from '../turn.ts';
import { uniform } from '#shared/runtime/random.ts';
import { adopt, remember } from './adoption.ts';
import { takeAll } from './claiming.ts';
import { announceAgain } from './defence.ts';
import { advanceHandOffs, hearOffer, hearRefusal } from './hand-off.ts';
import { hearClaims, hearRelease } from './hearing.ts';
import { holdingsOf, showTableBy } from './holdings.ts';
import { endMuteInTime, hearNoNews, mute, settle } from './mute.ts';
import { seeOthers } from './neighbours.ts';
import { forgetSequences, hearSummary, hearTable, sendTable, showTable } from './peer-table.ts';
import { placeOrphans } from './placement.ts';
import { advanceProbing, decideProbing } from './probing.ts';
import { isAnswering } from './record.ts';
import { nextRepeatMs, repeatClaims } from './repeats.ts';
import type { OwnershipState, OwnershipTurn } from './state.ts';
import { sweep } from './sweep.ts';
import { askIfWaitOver, decideWaits } from './waiting.ts';
import { setWanted } from './wanted.ts';

const longestHealSpreadMs = 20;
const healSpreadPerMemberMs = 2;

export function initialOwnership(): OwnershipState {
  return {
    addresses: new Map(),
    bundles: new Map(),
    incoming: new Map(),
    holdings: new Map(),
    peers: new Map(),
    adoptable: new Map(),
    orphans: new Set(),
    pending: new Set(),
    expected: new Map(),
    repeats: [],
    reannounce: [],
    condition: { flags: noFlags, cannotForward: false, ending: false },
    phase: 'idle',
    joinedMs: 0,
    blind: false,
    mute: undefined,
    tableVersion: 0,
    tableDueMs: Infinity,
    tableShownMs: -Infinity,
    tableAgain: false,
    nextSweepMs: Infinity,
    sweeping: [],
    onLink: undefined,
    onLinkKey: '',
    placeable: 0,
    majoritySinceMs: undefined,
    offerTokens: 0,
    offers: 0,
    exhausted: new Set(),
  };
}

export function stepOwnership(turn: OwnershipTurn, event: SegmentEvent): void {
  const { ownership, watch } = turn;
  if (ownership.phase === 'retired') return;
  switch (event.kind) {
    case 'start':
      ownership.phase = 'joining';
      return remember(turn, event.savedAddresses, 'stateFile');
    case 'desired':
      setWanted(turn, event.addresses, event.isLast);
      return event.isLast ? sweepAll(turn) : undefined;
    case 'condition':
      ownership.condition = event.condition;
      return sweepNow(turn);
    case 'packet':
      return onPacket(turn, event);
    case 'neighbour':
      return seeOthers(turn, event);
    case 'wake':
      return onWake(turn);
    case 'drained':
      return onDrained(turn);
    case 'retired':
      return retire(turn);
    case 'leave':
      // Goes on answering until the program ends, but says nothing more.
      ownership.phase = 'retired';
      return;
    case 'link':
      ownership.onLink = undefined;
      return watch.link.carrier ? sweepNow(turn) : undefined;
    default:
      return;
  }
}

/** What the liveness engine found out in this step. */
export function hearNews(turn: OwnershipTurn, news: MemberNews): void {
  const { ownership, nowMs, config } = turn;
  switch (news.kind) {
    case 'joined':
      return onJoined(turn, news.blind);
    case 'heardSomebody':
      if (ownership.blind)
        turn.effects.push({ kind: 'condition', condition: 'segmentSilent', holds: false, about: undefined });
      ownership.blind = false;
      return;
    case 'lost':
      return onLost(turn, news);
    case 'back':
      if (news.restarted) forgetSequences(turn, news.id);
      return rankAnew(turn);
    case 'healed':
      if (ownership.phase !== 'joined') return;
      ownership.tableAgain = true;
      showTableBy(turn, ownership, nowMs + uniform(config.random, 0, healSpreadMs(turn)));
      return;
    case 'changed':
      return rankAnew(turn);
    case 'table':
      if (!hearSummary(turn, news.id, news.table)) return;
      if (ownership.phase === 'joined') adopt(turn);
      return hearNoNews(turn);
    case 'paused':
      return mute(turn, news.quarantine);
  }
}

/** After everything else in a step: orphans are placed together. */
export function finishOwnership(turn: OwnershipTurn): void {
  if (turn.ownership.phase === 'joined') placeOrphans(turn);
}

export function nextOwnershipMs(turn: OwnershipTurn): number {
  const { ownership, pace, nowMs } = turn;
  if (ownership.phase !== 'joined' || !turn.watch.link.carrier) return Infinity;
  const decidedMs = (atMs: number): number => (pace.draining && atMs <= nowMs ? Infinity : atMs);
  let nextMs = ownership.sweeping.length > 0 ? nowMs : ownership.nextSweepMs;
  if (ownership.mute !== undefined) return Math.min(nextMs, decidedMs(ownership.mute.untilMs));
  nextMs = Math.min(nextMs, ownership.tableDueMs, nextRepeatMs(turn));
  for (const { atMs } of ownership.reannounce) nextMs = Math.min(nextMs, atMs);
  if (ownership.orphans.size > 0) nextMs = nowMs;
  for (const { phase } of ownership.pending) {
    if (phase.kind === 'wait') nextMs = Math.min(nextMs, decidedMs(phase.untilMs));
    else if (phase.kind === 'probing' || phase.kind === 'blocked') nextMs = Math.min(nextMs, decidedMs(phase.nextMs));
    else if (phase.kind === 'handingOff') nextMs = Math.min(nextMs, phase.nextMs);
  }
  return nextMs;
}

function onWake(turn: OwnershipTurn): void {
  const { ownership, nowMs, watch } = turn;
  if (ownership.phase !== 'joined' || !watch.link.carrier) return;
  sweep(turn);
  if (ownership.mute !== undefined) return endMuteInTime(turn);
  askIfWaitOver(turn);
  if (nowMs >= ownership.tableDueMs) showTable(turn);
  repeatClaims(turn);
  announceAgain(turn);
  for (const address of ownership.pending) advanceProbing(turn, address);
  advanceHandOffs(turn);
}

function onDrained(turn: OwnershipTurn): void {
  const { ownership } = turn;
  if (ownership.phase !== 'joined') return;
  settle(turn);
  if (ownership.mute !== undefined) return;
  takeAll(turn, [...decideWaits(turn), ...decideProbing(turn)]);
}

function onPacket(turn: OwnershipTurn, { header, message, source }: SegmentEventOf<'packet'>): void {
  const { ownership, watch, config } = turn;
  if (ownership.phase === 'idle' || header.sender === config.self.id) return;
  if (message.kind === 'tableRequest') return answerTableRequest(turn, message.about, source);
  const member = watch.members.get(header.sender);
  if (header.joining || member === undefined || member.joining) return;
  switch (message.kind) {
    case 'claim':
      return hearClaims(turn, header, message.entries);
    case 'release':
      return hearRelease(turn, header, message.entries);
    case 'table':
      if (message.about === header.sender) hearTable(turn, header, message);
      else if (message.about === config.self.id && ownership.phase === 'joining')
        remember(turn, message.entries, 'member');
      return;
    case 'offer':
      return hearOffer(turn, header, member, message);
    case 'refuse':
      return hearRefusal(turn, header.sender, message.entries);
    default:
      return;
  }
}

function answerTableRequest(
  turn: OwnershipTurn,
  about: OwnershipTurn['config']['self']['id'],
  source: SegmentEventOf<'packet'>['source'],
) {
  if (turn.ownership.phase === 'joined') sendTable(turn, about, source);
}

function onJoined(turn: OwnershipTurn, blind: boolean): void {
  const { ownership, nowMs } = turn;
  ownership.phase = 'joined';
  ownership.joinedMs = nowMs;
  ownership.blind = blind;
  ownership.nextSweepMs = nowMs;
  ownership.tableDueMs = nowMs + jittered(turn, 60_000, 10);
  adopt(turn);
}

function onLost(turn: OwnershipTurn, { id, cause }: Extract<MemberNews, { kind: 'lost' }>): void {
  const { ownership, watch } = turn;
  const member = watch.members.get(id);
  if (member !== undefined && isLive(member)) return;
  for (const address of holdingsOf(ownership, id).addresses) {
    address.lostBy = cause;
    if (address.desired !== undefined && address.phase.kind === 'idle') ownership.orphans.add(address);
  }
  rankAnew(turn);
}

/** So that the tables of many do not come all at once. */
function healSpreadMs({ watch }: OwnershipTurn): number {
  return Math.min(longestHealSpreadMs, healSpreadPerMemberMs * watch.members.size);
}

/** Who waits may have been waiting for one who is gone. */
function rankAnew(turn: OwnershipTurn): void {
  const { ownership } = turn;
  ownership.onLink = undefined;
  for (const address of ownership.pending) if (address.phase.kind === 'wait') ownership.orphans.add(address);
}

/** From the beginning, though a sweep may be under way. */
function sweepAll(turn: OwnershipTurn): void {
  turn.ownership.sweeping = [];
  sweepNow(turn);
}

function sweepNow(turn: OwnershipTurn): void {
  turn.ownership.nextSweepMs = Math.min(turn.ownership.nextSweepMs, turn.nowMs);
  wakeBy(turn, turn.nowMs);
}

/** A newer process of this node answers: this one is silent and says nothing. */
function retire({ ownership, effects }: OwnershipTurn): void {
  const ips = [...ownership.addresses.values()].filter(isAnswering).map(({ ip }) => ip);
  if (ips.length > 0) effects.push({ kind: 'silence', ips });
  ownership.phase = 'retired';
  ownership.pending.clear();
}
