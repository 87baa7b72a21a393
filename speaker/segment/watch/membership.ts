// Members (layer2 §3.1): who said HELLO and is a Node of the cluster; who is back; who is gone.
import type { ClusterNode, SegmentEventOf } from '../event.ts';
import type { Header } from '../message/header.ts';
import type { Hello } from '../message/hello.ts';
import { prolongAbsence } from './absence.ts';
import { greet } from './hello.ts';
import { noteSeen } from './last-two.ts';
import { endAbsence, markDown, markUp, noteLife, refreshWatching } from './life.ts';
import { isLive, memberHash, neverMs, onLinkRanges, suspicionMsOf, type Down, type Member } from './member.ts';
import type { WatchTurn } from './state.ts';
import { endSuspicion } from './suspicion.ts';
import { send } from '../turn.ts';
import { speakerHoldMs } from '../profile.ts';
import { removeWatched, removeWatcher } from './watchers.ts';
import type { NodeId } from '../node-id.ts';

const maxMembers = 1_000;
const upToldIntervalMs = 100;
/** Of one member: two that greet each other come to an end. */
const greetingIntervalMs = 1_000;

/** The sender, if it is a member; whatever it sends shows that it lives. */
export function hearMember(turn: WatchTurn, event: SegmentEventOf<'packet'>): Member | undefined {
  const { header, message, source, multicast } = event;
  const { watch, nowMs, news } = turn;
  const member = message.kind === 'hello' ? hearHello(turn, header, message, event) : knownSender(turn, event);
  if (member === undefined) return undefined;
  if (watch.heard.latest === undefined) news.push({ kind: 'heardSomebody' });
  noteSeen(watch.heard, member.id, nowMs);
  if (header.incarnation !== member.incarnation) restart(turn, member, header);
  const isOld = header.sequence <= (member.down ?? member.absence ?? { sequence: -1 }).sequence;
  member.sequence = Math.max(member.sequence, header.sequence);
  member.source = source;
  member.heardMs = nowMs;
  if (multicast) member.multicastMs = nowMs;
  if (isOld) return member;
  if (member.down !== undefined) revive(turn, member, member.down, event);
  else acquitTheHeard(turn, member);
  return member;
}

/** A HELLO gets lost as anything: of one that joined, the HELLOs before tell enough; to a stranger this node tells that it is there. */
function knownSender(turn: WatchTurn, { header, source }: SegmentEventOf<'packet'>): Member | undefined {
  const member = turn.watch.members.get(header.sender);
  if (member === undefined) greet(turn, source);
  else if (member.joining) admitMember(turn, member, header);
  return member;
}

/** A process that only listens, yet: nobody's member, but one may become of it. */
export function hearJoiner(turn: WatchTurn, event: SegmentEventOf<'packet'>): void {
  const { header, message, source } = event;
  const { watch, nowMs } = turn;
  watch.join.firstJoinerMs ??= nowMs;
  const known = watch.members.get(header.sender);
  if (known?.absence !== undefined) prolongAbsence(known, nowMs, speakerHoldMs);
  if (message.kind !== 'hello') return;
  const node = nodeOf(turn, header, message);
  if (node === undefined) return;
  if (known === undefined && watch.members.size < maxMembers) {
    const joiner = newMember(header, message, event);
    watch.members.set(joiner.id, joiner);
    noteLife(turn, joiner);
  }
  if (known?.joining === true) known.helloMs = nowMs;
  if (watch.phase === 'joined') greet(turn, source);
}

export function clusterChanged(turn: WatchTurn, nodes: ReadonlyMap<NodeId, ClusterNode>): void {
  const { watch, news } = turn;
  watch.nodes = nodes;
  for (const id of watch.roster) if (nodes.get(id)?.speaker !== true) watch.roster.delete(id);
  for (const member of watch.members.values()) {
    const node = nodes.get(member.id);
    if (node === undefined) forget(turn, member);
    else if (node.outOfService) markDown(turn, member, 'outOfService');
    // The next packet brings it back.
    else if (member.down?.cause === 'outOfService') member.down = { ...member.down, cause: 'silent', sequence: -1 };
  }
  news.push({ kind: 'changed' });
}

/** GONE: its Node is deleted, or it has been DOWN for very long. */
export function forget(turn: WatchTurn, member: Member): void {
  const { watch, effects, news } = turn;
  endSuspicion(turn, member);
  endAbsence(turn, member);
  watch.members.delete(member.id);
  watch.down.delete(member);
  watch.roster.delete(member.id);
  watch.pinged.delete(member.id);
  if (watch.byMac.get(member.mac) === member) watch.byMac.delete(member.mac);
  removeWatched(watch.lists, member.id);
  removeWatcher(watch.lists, member.id);
  refreshWatching(turn);
  effects.push({ kind: 'memberChanged', id: member.id, to: 'gone', cause: 'gone' });
  if (member.down === undefined) news.push({ kind: 'lost', id: member.id, cause: 'gone' });
}

function hearHello(turn: WatchTurn, header: Header, hello: Hello, event: SegmentEventOf<'packet'>): Member | undefined {
  const { watch, nowMs, news } = turn;
  const node = nodeOf(turn, header, hello);
  if (node === undefined) return undefined;
  let member = watch.members.get(header.sender);
  if (member === undefined) {
    if (watch.members.size >= maxMembers) return undefined;
    member = newMember(header, hello, event);
    watch.members.set(member.id, member);
  }
  learn(turn, member, hello);
  // Who is new may not know this node; who speaks to it alone does not hear its multicasts, or has not heard one yet.
  const mayNotKnowUs = member.joining || !event.multicast || header.incarnation !== member.incarnation;
  if (member.joining) admitMember(turn, member, header);
  if (mayNotKnowUs || member.down !== undefined) greetMember(turn, member, event);
  member.helloMs = nowMs;
  news.push({ kind: 'table', id: member.id, table: hello.table });
  return member;
}

function greetMember(turn: WatchTurn, member: Member, { source }: SegmentEventOf<'packet'>): void {
  const { watch, nowMs } = turn;
  if (watch.phase !== 'joined' || nowMs - member.greetedMs < greetingIntervalMs) return;
  member.greetedMs = nowMs;
  greet(turn, source);
}

function admitMember(turn: WatchTurn, member: Member, { incarnation }: Header): void {
  const { watch, nowMs } = turn;
  const node = watch.nodes.get(member.id);
  member.incarnation = incarnation;
  member.sequence = 0;
  member.heardMs = nowMs;
  watch.byMac.set(member.mac, member);
  if (node?.speaker === true) watch.roster.add(member.id);
  markUp(turn, member);
  if (node?.outOfService === true) markDown(turn, member, 'outOfService');
}

function nodeOf({ watch, effects }: WatchTurn, { sender }: Header, { nodeName }: Hello): ClusterNode | undefined {
  const node = watch.nodes.get(sender);
  if (node?.name === nodeName) return node;
  effects.push({ kind: 'unknownNode', name: nodeName });
  return undefined;
}

function learn({ watch, news }: WatchTurn, member: Member, hello: Hello): void {
  const isSame =
    member.interfaceName === hello.interfaceName &&
    member.flags.draining === hello.flags.draining &&
    member.flags.noClaim === hello.flags.noClaim &&
    member.prefixes.length === hello.prefixes.length &&
    member.prefixes.every(({ ip, prefixBits }, at) => {
      const other = hello.prefixes[at];
      return other?.ip === ip && other.prefixBits === prefixBits;
    });
  if (!isSame) {
    news.push({ kind: 'changed' });
    member.prefixes = hello.prefixes;
    member.ranges = onLinkRanges(hello.prefixes);
  }
  if (watch.byMac.get(member.mac) === member) watch.byMac.delete(member.mac);
  member.mac = hello.mac;
  watch.byMac.set(member.mac, member);
  member.interfaceName = hello.interfaceName;
  member.flags = hello.flags;
  member.beatMs = hello.beatMs;
}

/** Another process of the same node. */
function restart(turn: WatchTurn, member: Member, { incarnation }: Header): void {
  const { news } = turn;
  member.incarnation = incarnation;
  member.sequence = 0;
  member.beatSequence = 0;
  member.quietBeats = 0;
  member.upSinceMs = turn.nowMs;
  if (member.down !== undefined) member.down = { ...member.down, sequence: -1 };
  endAbsence(turn, member);
  news.push({ kind: 'back', id: member.id, restarted: true });
}

function revive(turn: WatchTurn, member: Member, { cause }: Down, event: SegmentEventOf<'packet'>): void {
  const { message } = event;
  const { watch, nowMs, config, news } = turn;
  if (cause === 'outOfService') return;
  // Whoever hears nobody goes on beating; that is not what it was called DOWN for.
  const hears = message.kind === 'beat' && (message.quietMs ?? Infinity) < suspicionMsOf(member, config.profile);
  if (cause === 'deaf' && !hears) return;
  markUp(turn, member);
  if (watch.phase !== 'joined') return;
  // Its process may have begun while it was cut off: before it knows this node, it believes nothing that this node claims.
  greetMember(turn, member, event);
  news.push({ kind: 'healed' });
  if (nowMs - member.upToldMs < upToldIntervalMs) return;
  member.upToldMs = nowMs;
  send(turn, 'group', { kind: 'up', about: member.id, incarnation: member.incarnation });
}

function acquitTheHeard(turn: WatchTurn, member: Member): void {
  const { suspicion } = member;
  if (suspicion !== undefined && !suspicion.deaf) {
    // Cut off for so long that others may have judged this node: what it has must be compared with what they have.
    if (suspicion.completeRounds > 0) turn.news.push({ kind: 'healed' });
    endSuspicion(turn, member);
  }
  if (member.absence !== undefined) endAbsence(turn, member);
  if (!member.pathBlocked) return;
  member.pathBlocked = false;
  turn.effects.push({ kind: 'condition', condition: 'probePathBlocked', holds: false, about: member.id });
}

function newMember(header: Header, hello: Hello, { source, nowMs, multicast }: SegmentEventOf<'packet'>): Member {
  const { sender: id, incarnation, sequence } = header;
  const { mac, interfaceName, prefixes, flags, beatMs } = hello;
  return {
    id,
    hash: memberHash(id),
    incarnation,
    sequence,
    mac,
    interfaceName,
    prefixes,
    ranges: onLinkRanges(prefixes),
    flags,
    beatMs,
    source,
    joining: true,
    heardMs: nowMs,
    helloMs: nowMs,
    multicastMs: multicast ? nowMs : neverMs,
    kernelMs: neverMs,
    speakerMs: neverMs,
    upSinceMs: nowMs,
    watchedSinceMs: undefined,
    beatSequence: 0,
    sentBeats: 0,
    quietBeats: 0,
    spareUntilMs: neverMs,
    suspicion: undefined,
    absence: undefined,
    down: undefined,
    kernelCheckMs: neverMs,
    kernelMisses: 0,
    pathBlocked: false,
    told: undefined,
    pingedMs: neverMs,
    upToldMs: neverMs,
    greetedMs: neverMs,
  };
}

export function isGoneLongEnough(member: Member, nowMs: number): boolean {
  const { joining, down, helloMs } = member;
  if (joining) return nowMs - helloMs > 10_000;
  return !isLive(member) && down !== undefined && nowMs - down.sinceMs > 3_600_000;
}
