// A round of suspicion (layer2 §3.4): five unicast probes of the suspect's kernel and speaker, as many of somebody else's kernel to see that
// this node hears at all, and questions to the other watchers.
import { confirmMs, roundProbes } from '../profile.ts';
import { askDrain, send, wakeBy } from '../turn.ts';
import { isKernelMute, isLive, type Member } from './member.ts';
import type { WatchState, WatchTurn } from './state.ts';
import type { HeardVote } from './votes.ts';
import { watchersOf } from './watchers.ts';
import type { NodeId } from '../node-id.ts';
import { noteLife } from './life.ts';

export interface Suspicion {
  readonly sinceMs: number;
  /** It beats, but says that it hears nobody. */
  readonly deaf: boolean;
  /** When the round began or will begin. */
  roundMs: number;
  probes: number;
  /** Whose kernels were asked in between; undefined: there is nobody to ask. */
  controls: number | undefined;
  controlAnswers: number;
  /** Of the two questions of this round; 0: not asked yet. */
  query: number;
  firstQuery: number;
  readonly votes: Map<NodeId, HeardVote>;
  lastCall: boolean;
  /** Rounds that counted, and those of them in which too few voted. */
  completeRounds: number;
  lonelyRounds: number;
}

/** Before the verdict, in time for the answers. */
const lastCallLeadMs = 35;

export function suspect(turn: WatchTurn, member: Member, deaf: boolean): void {
  if (member.suspicion !== undefined) return;
  member.suspicion = {
    sinceMs: turn.nowMs,
    deaf,
    roundMs: turn.nowMs,
    probes: 0,
    controls: undefined,
    controlAnswers: 0,
    query: 0,
    firstQuery: 0,
    votes: new Map(),
    lastCall: false,
    completeRounds: 0,
    lonelyRounds: 0,
  };
  turn.watch.suspects.add(member);
  noteLife(turn, member);
  advanceRound(turn, member, member.suspicion);
}

export function endSuspicion(turn: WatchTurn, member: Member): void {
  if (member.suspicion === undefined) return;
  member.suspicion = undefined;
  turn.watch.suspects.delete(member);
  noteLife(turn, member);
}

/** Another round from then on; what was heard in this one does not count. */
export function restartRound(turn: WatchTurn, suspicion: Suspicion, atMs: number): void {
  suspicion.roundMs = atMs;
  suspicion.probes = 0;
  suspicion.controls = undefined;
  suspicion.controlAnswers = 0;
  suspicion.votes.clear();
  suspicion.lastCall = false;
  wakeBy(turn, atMs);
}

export function verdictDueMs({ roundMs }: Suspicion, { config: { profile } }: WatchTurn): number {
  return roundMs + confirmMs(profile);
}

/** Does what is due in the round, and asks for its verdict when that is. */
export function advanceRound(turn: WatchTurn, member: Member, suspicion: Suspicion): void {
  const { nowMs, config } = turn;
  const dueMs = verdictDueMs(suspicion, turn);
  while (suspicion.probes < roundProbes && nowMs >= nextProbeMs(turn, suspicion)) {
    if (suspicion.probes === 0) ask(turn, member, suspicion);
    suspicion.probes++;
    probe(turn, member);
    control(turn, member, suspicion);
  }
  if (!suspicion.lastCall && nowMs >= dueMs - lastCallLeadMs) {
    suspicion.lastCall = true;
    ask(turn, member, suspicion);
  }
  if (nowMs >= dueMs) return askDrain(turn);
  const nextMs =
    suspicion.probes < roundProbes ? suspicion.roundMs + suspicion.probes * config.profile.probeGapMs : dueMs;
  wakeBy(turn, suspicion.lastCall ? nextMs : Math.min(nextMs, Math.max(dueMs - lastCallLeadMs, nowMs)));
}

/** When the round has something to do, its verdict included. */
export function nextInRoundMs(turn: WatchTurn, suspicion: Suspicion): number {
  if (suspicion.probes < roundProbes) return nextProbeMs(turn, suspicion);
  const dueMs = verdictDueMs(suspicion, turn);
  return suspicion.lastCall ? dueMs : dueMs - lastCallLeadMs;
}

function nextProbeMs({ config: { profile } }: WatchTurn, { roundMs, probes }: Suspicion): number {
  return roundMs + probes * profile.probeGapMs;
}

/** Its own address is answered by its kernel, one that it owns by its speaker. */
export function probe({ effects, holdings }: WatchTurn, { id, mac, source }: Member): void {
  effects.push({ kind: 'probeNeighbour', ip: source.ip, mac });
  const owned = holdings.answeredBy(id);
  if (owned !== undefined) effects.push({ kind: 'probeNeighbour', ip: owned, mac });
}

/** The suspect is asked to show itself, its other watchers what they have seen of it. */
function ask(turn: WatchTurn, { id, source }: Member, suspicion: Suspicion): void {
  const { watch, config } = turn;
  suspicion.query = ++watch.queries;
  if (!suspicion.lastCall) suspicion.firstQuery = suspicion.query;
  send(turn, source, { kind: 'ping', nonce: suspicion.query });
  for (const watcher of watchersOf(watch.lists, id)) {
    const peer = watch.members.get(watcher);
    if (watcher === config.self.id || peer === undefined || !isLive(peer)) continue;
    send(turn, peer.source, { kind: 'query', query: suspicion.query, about: id });
  }
}

/** Somebody who should answer; where there is nobody, the gateways. */
function control(turn: WatchTurn, suspected: Member, suspicion: Suspicion): void {
  const { watch, effects } = turn;
  const peer = nextControl(watch, suspected);
  if (peer !== undefined) {
    suspicion.controls = (suspicion.controls ?? 0) + 1;
    effects.push({ kind: 'probeNeighbour', ip: peer.source.ip, mac: peer.mac });
    return;
  }
  for (const ip of watch.link.gateways) effects.push({ kind: 'probeNeighbour', ip, mac: undefined });
}

function nextControl(watch: WatchState, suspected: Member): Member | undefined {
  const able = controlsFor(watch, suspected);
  return able[watch.controlTurn++ % able.length];
}

/** Live members whose kernels are known to answer and who are not suspects themselves. */
export function controlsFor({ members }: WatchState, suspected: Member): readonly Member[] {
  const able: Member[] = [];
  for (const member of members.values()) {
    if (member === suspected || !isLive(member) || member.suspicion !== undefined || isKernelMute(member)) continue;
    able.push(member);
  }
  return able;
}
