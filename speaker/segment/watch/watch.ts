// The liveness engine of a segment (layer2 §3): members watch each other by beats, and judge the silent by what they have seen themselves.
import type { Mac } from '#shared/net/mac.ts';
import type { Link, SegmentEvent, SegmentEventOf } from '../event.ts';
import type { NodeId } from '../node-id.ts';
import { quarantineMs, restartHoldMs, sweepMs } from '../profile.ts';
import { noFlags } from '../message/member-flags.ts';
import { askDrain, send, wakeBy } from '../turn.ts';
import { advanceAbsence, beginAbsence, nextInAbsenceMs, postponeAbsences } from './absence.ts';
import { answerPing, beatAll, feelForTheDown } from './beat.ts';
import { checkKernels, seeNeighbour } from './evidence.ts';
import { refillGreetings, sayHello, sendHello } from './hello.ts';
import { advanceJoin, endJoinInTime, hearOwnTable, newJoin, nextInJoinMs, startJoining } from './join.ts';
import { judgeAll } from './judge.ts';
import { noneSeen } from './last-two.ts';
import { markDown } from './life.ts';
import { isLive, neverMs, suspicionMsOf, type Member } from './member.ts';
import { clusterChanged, forget, hearJoiner, hearMember, isGoneLongEnough } from './membership.ts';
import { hearDown, hearUp, repeatNotices } from './notices.ts';
import { countsSilence, pingTheUnaware, silenceDueMs, suspectTheForgotten, suspectTheSilent } from './silence.ts';
import type { WatchState, WatchTurn } from './state.ts';
import { advanceRound, endSuspicion, nextInRoundMs, suspect } from './suspicion.ts';
import { addWatched, addWatcher, newWatcherLists } from './watchers.ts';
import type { Beat } from '../message/beat.ts';
import type { Query, Vote } from '../message/verdict.ts';

export function initialWatch(self: NodeId, link: Link): WatchState {
  const lists = newWatcherLists();
  addWatched(lists, self);
  addWatcher(lists, self);
  return {
    link,
    nodes: new Map(),
    roster: new Set(),
    flags: noFlags,
    phase: 'idle',
    join: newJoin(0, false),
    members: new Map(),
    byMac: new Map(),
    lists,
    watched: [],
    watchers: [],
    pinged: new Map(),
    suspects: new Set(),
    absent: new Set(),
    down: new Set(),
    notices: [],
    awakeSinceMs: neverMs,
    heard: noneSeen<NodeId>(),
    foreign: noneSeen<Mac>(),
    strangerMs: neverMs,
    gatewayAnswerMs: neverMs,
    nextBeatMs: Infinity,
    nextFeelerMs: neverMs,
    nextHelloMs: Infinity,
    nextSweepMs: Infinity,
    loopLagMs: 0,
    controlTurn: 0,
    feelerTurn: 0,
    queries: 0,
    lastAccusedMs: neverMs,
    helloTokens: 0,
    firstHellos: 0,
  };
}

export function stepWatch(turn: WatchTurn, event: SegmentEvent): void {
  const { watch } = turn;
  switch (event.kind) {
    case 'start':
      watch.nextSweepMs = turn.nowMs;
      return startJoining(turn, event);
    case 'link':
      return linkChanged(turn, event.link);
    case 'cluster':
      return clusterChanged(turn, event.nodes);
    case 'condition':
      return flagsChanged(turn, event);
    case 'packet':
      return onPacket(turn, event);
    case 'neighbour':
      return seeNeighbour(turn, event);
    case 'linkDownElsewhere':
      return onLinkDownElsewhere(turn, event);
    case 'gap':
      return onGap(turn, event.lateMs);
    case 'wake':
      return onWake(turn);
    case 'drained':
      return onDrained(turn);
    case 'leave':
      if (watch.link.carrier) send(turn, 'group', { kind: 'leaving', mode: event.mode, holdMs: restartHoldMs });
      return fallSilent(turn);
    case 'retired':
      return fallSilent(turn);
    case 'desired':
      return;
  }
}

/** Nothing it said after its farewell would make sense. */
function fallSilent(turn: WatchTurn): void {
  turn.watch.phase = 'retired';
  for (const member of turn.watch.suspects) endSuspicion(turn, member);
}

/** The earliest of all that is to be done; decisions wait for the drain that was asked for. */
export function nextWatchMs(turn: WatchTurn): number {
  const { watch, pace } = turn;
  if (watch.phase === 'idle' || watch.phase === 'retired') return Infinity;
  let nextMs = Math.min(watch.nextSweepMs, nextInJoinMs(turn));
  if (watch.phase !== 'joined' || !watch.link.carrier) return nextMs;
  nextMs = Math.min(nextMs, watch.nextBeatMs, watch.nextHelloMs);
  if (watch.down.size > 0) nextMs = Math.min(nextMs, watch.nextFeelerMs);
  for (const { atMs } of watch.notices) nextMs = Math.min(nextMs, atMs);
  for (const member of watch.absent) nextMs = Math.min(nextMs, nextInAbsenceMs(turn, member));
  for (const { suspicion } of watch.suspects) {
    if (suspicion === undefined) continue;
    const roundMs = nextInRoundMs(turn, suspicion);
    if (!pace.draining || roundMs > turn.nowMs) nextMs = Math.min(nextMs, roundMs);
  }
  if (pace.draining) return nextMs;
  for (const member of watch.watched) {
    if (!countsSilence(member)) continue;
    nextMs = Math.min(nextMs, silenceDueMs(turn, member));
  }
  return nextMs;
}

function onWake(turn: WatchTurn): void {
  const { watch, nowMs } = turn;
  if (watch.phase === 'idle' || watch.phase === 'retired') return;
  advanceJoin(turn);
  if (watch.phase === 'joined' && watch.link.carrier) {
    if (nowMs >= watch.nextBeatMs) beatAll(turn);
    if (watch.down.size > 0 && nowMs >= watch.nextFeelerMs) feelForTheDown(turn);
    if (nowMs >= watch.nextHelloMs) sayHello(turn);
    repeatNotices(turn);
    for (const member of watch.suspects) if (member.suspicion) advanceRound(turn, member, member.suspicion);
    for (const member of watch.absent) advanceAbsence(turn, member);
    if (watch.watched.some((member) => countsSilence(member) && silenceDueMs(turn, member) <= nowMs)) askDrain(turn);
    pingTheUnaware(turn);
  }
  if (nowMs >= watch.nextSweepMs) sweep(turn);
}

function sweep(turn: WatchTurn): void {
  const { watch, nowMs } = turn;
  watch.nextSweepMs = nowMs + sweepMs;
  refillGreetings(watch);
  for (const member of watch.members.values()) if (isGoneLongEnough(member, nowMs)) forget(turn, member);
  if (watch.phase !== 'joined' || !watch.link.carrier) return;
  suspectTheForgotten(turn);
  checkKernels(turn);
}

function onDrained(turn: WatchTurn): void {
  const { watch } = turn;
  endJoinInTime(turn);
  if (watch.phase !== 'joined' || !watch.link.carrier) return;
  judgeAll(turn);
  suspectTheSilent(turn);
}

function onPacket(turn: WatchTurn, event: SegmentEventOf<'packet'>): void {
  const { watch, config } = turn;
  const { header, message } = event;
  if (watch.phase === 'idle' || watch.phase === 'retired' || header.sender === config.self.id) return;
  if (header.joining) return hearJoiner(turn, event);
  const member = hearMember(turn, event);
  if (member === undefined) return;
  switch (message.kind) {
    case 'beat':
      return hearBeat(turn, member, message);
    case 'ping':
      return watch.phase === 'joined' ? answerPing(turn, member) : undefined;
    case 'query':
      return vote(turn, member, message);
    case 'vote':
      return hearVote(turn, member, message);
    case 'down':
      return hearDown(turn, message);
    case 'up':
      return hearUp(turn, message);
    case 'leaving':
      if (message.mode === 'restart') return beginAbsence(turn, member, Math.min(message.holdMs, restartHoldMs));
      member.flags = { ...member.flags, draining: true, leaving: true };
      turn.news.push({ kind: 'changed' });
      return;
    case 'table':
      return message.about === config.self.id ? hearOwnTable(turn, member, message) : undefined;
    default:
      return;
  }
}

function hearBeat(turn: WatchTurn, member: Member, { beatSequence, flags, quietMs, table }: Beat): void {
  const { config, news } = turn;
  member.beatSequence = beatSequence;
  if (member.flags.draining !== flags.draining || member.flags.noClaim !== flags.noClaim)
    news.push({ kind: 'changed' });
  member.flags = flags;
  news.push({ kind: 'table', id: member.id, table });
  const isDeaf = quietMs !== undefined && quietMs > 3 * suspicionMsOf(member, config.profile);
  member.quietBeats = isDeaf ? member.quietBeats + 1 : 0;
  if (!isDeaf && member.suspicion?.deaf === true) endSuspicion(turn, member);
  if (member.quietBeats >= 5 && isLive(member)) suspect(turn, member, true);
}

/** Only what this node has seen itself, and only if it would have seen more: who was asleep or is no watcher abstains. */
function vote(turn: WatchTurn, asker: Member, { query, about }: Query): void {
  const { watch, nowMs, config } = turn;
  const member = watch.members.get(about);
  if (watch.phase !== 'joined' || !watch.link.carrier || member === undefined || member.joining) return;
  const limitMs = suspicionMsOf(member, config.profile);
  const ableSinceMs = Math.max(watch.awakeSinceMs, member.watchedSinceMs ?? Infinity);
  if (nowMs - member.heardMs >= limitMs && nowMs - ableSinceMs < limitMs) return;
  const age = (atMs: number): number | undefined => (atMs === neverMs ? undefined : nowMs - atMs);
  send(turn, asker.source, {
    kind: 'vote',
    query,
    about,
    beatAgeMs: age(member.heardMs),
    kernelAgeMs: age(member.kernelMs),
    speakerAgeMs: age(member.speakerMs),
  });
}

/** Counted in the round that asked for it. */
function hearVote({ watch, nowMs }: WatchTurn, voter: Member, message: Vote): void {
  const suspicion = watch.members.get(message.about)?.suspicion;
  if (suspicion === undefined || voter.id === message.about || suspicion.query === 0) return;
  if (message.query !== suspicion.query && message.query !== suspicion.firstQuery) return;
  suspicion.votes.set(voter.id, { atMs: nowMs, vote: message });
}

function onLinkDownElsewhere(turn: WatchTurn, { header, mac }: SegmentEventOf<'linkDownElsewhere'>): void {
  const { watch } = turn;
  const member = watch.byMac.get(mac);
  if (member === undefined || member.id !== header.sender || header.incarnation !== member.incarnation) return;
  // What it sent here before is no sign of life afterwards.
  member.sequence = Math.max(member.sequence, header.sequence);
  markDown(turn, member, 'link');
}

/** Silence is measured anew after this node did not run or could not hear (layer2 §3.7). */
function onGap(turn: WatchTurn, lateMs: number): void {
  const { config } = turn;
  turn.watch.loopLagMs = Math.max(turn.watch.loopLagMs, lateMs);
  if (lateMs <= config.profile.dropMs) return;
  hearAnew(turn, lateMs > quarantineMs(config.profile));
}

function hearAnew(turn: WatchTurn, quarantine: boolean): void {
  const { watch, nowMs, news } = turn;
  watch.awakeSinceMs = nowMs;
  for (const member of watch.suspects) endSuspicion(turn, member);
  postponeAbsences(turn);
  news.push({ kind: 'paused', quarantine });
  askDrain(turn);
}

function linkChanged(turn: WatchTurn, link: Link): void {
  const { watch } = turn;
  const before = watch.link;
  watch.link = link;
  turn.news.push({ kind: 'changed' });
  if (watch.phase === 'idle' || watch.phase === 'retired') return;
  if (before.carrier && !link.carrier) {
    for (const member of watch.suspects) endSuspicion(turn, member);
    send(turn, 'otherSegments', { kind: 'linkDown', mac: before.mac });
  } else if (!before.carrier && link.carrier) {
    hearAnew(turn, true);
    sendHello(turn, 'group');
  } else {
    sendHello(turn, 'group');
  }
}

function flagsChanged(turn: WatchTurn, { condition: { flags } }: SegmentEventOf<'condition'>): void {
  const { watch } = turn;
  const before = watch.flags;
  watch.flags = flags;
  turn.news.push({ kind: 'changed' });
  const isSame = before.draining === flags.draining && before.noClaim === flags.noClaim && before.stale === flags.stale;
  if (!isSame && watch.phase === 'joined') sendHello(turn, 'group');
  wakeBy(turn, turn.nowMs);
}
