// BEATs (layer2 §3.3): to each watcher, to those who asked for them, and twice as often to one of those who are DOWN in turn, so that both
// sides of a healed partition notice it within a beat.
import { maxHeardPeers, type Beat, type HeardPeer } from '../message/beat.ts';
import { uniform } from '#shared/runtime/random.ts';
import { jittered, send, wakeBy } from '../turn.ts';
import { sendHello } from './hello.ts';
import { lastSeenOtherThan } from './last-two.ts';
import { neverMs, type Member } from './member.ts';
import type { WatchTurn } from './state.ts';

/** Who asks for a beat gets them for so long: the lists of two nodes may differ. */
const pingedForMs = 60_000;
const maxPinged = 64;

export function beatAll(turn: WatchTurn): void {
  const { watch, nowMs, config } = turn;
  const heard = heardPeers(turn);
  for (const watcher of watch.watchers) beat(turn, watcher, heard);
  for (const [id, untilMs] of watch.pinged) {
    const member = watch.members.get(id);
    if (member === undefined || nowMs >= untilMs) watch.pinged.delete(id);
    else if (!watch.watchers.includes(member)) beat(turn, member, heard);
  }
  watch.loopLagMs = 0;
  // Absolute deadlines; what was missed is not made up for.
  const intervalMs = jittered(turn, config.profile.beatMs, 5);
  watch.nextBeatMs = Math.max(watch.nextBeatMs + intervalMs, nowMs + intervalMs / 2);
  wakeBy(turn, watch.nextBeatMs);
}

/** All on this side of a cut say HELLO to the group so often together as so many of them feel for one. */
const hellosTogether = 2;

/**
 * The watchers of a DOWN node are elsewhere: somebody has to speak to it, or a heal would be noticed by the next HELLO only. After a longer cut no
 * kernel knows the other side's MACs, and each asks for them once a second: what goes to the group needs none.
 */
export function feelForTheDown(turn: WatchTurn): void {
  const { watch, nowMs, config } = turn;
  watch.nextFeelerMs = nowMs + jittered(turn, config.profile.beatMs / 2, 5);
  const member = [...watch.down][watch.feelerTurn++ % Math.max(1, watch.down.size)];
  if (member !== undefined) beat(turn, member, heardPeers(turn));
  const here = watch.members.size - watch.down.size + 1;
  if (uniform(config.random, 1, here) <= hellosTogether) sendHello(turn, 'group');
}

export function answerPing(turn: WatchTurn, member: Member): void {
  const { watch, nowMs } = turn;
  beat(turn, member, heardPeers(turn));
  if (watch.pinged.size < maxPinged) watch.pinged.set(member.id, nowMs + pingedForMs);
}

function beat(turn: WatchTurn, member: Member, watched: readonly HeardPeer[]): void {
  const { watch, holdings, nowMs } = turn;
  const heardMs = lastSeenOtherThan(watch.heard, undefined);
  const message: Beat = {
    kind: 'beat',
    beatSequence: ++member.sentBeats,
    table: holdings.summary(),
    flags: watch.flags,
    loopLagMs: watch.loopLagMs,
    quietMs: heardMs === neverMs ? undefined : nowMs - heardMs,
    watched,
  };
  send(turn, member.source, message);
}

function heardPeers({ watch, nowMs }: WatchTurn): readonly HeardPeer[] {
  return watch.watched.slice(0, maxHeardPeers).map(({ id, beatSequence, heardMs }) => ({
    peer: id,
    beatSequence,
    ageMs: heardMs === neverMs ? undefined : nowMs - heardMs,
  }));
}
