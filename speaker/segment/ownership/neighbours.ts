// What is seen of others on the wire itself (layer2 §5.2, §5.3, §6.3, §6.4): their announcements, answers and probes for addresses that this
// node has, waits for or probes.
import type { SegmentEventOf } from '../event.ts';
import type { Member } from '../watch/member.ts';
import { announce } from './defence.ts';
import { hashOf } from './hearing.ts';
import { hasHigherScore } from './order.ts';
import { enter, letGo } from './phases.ts';
import { block } from './probing.ts';
import { isOwn, type Address } from './record.ts';
import { sayClaim } from './repeats.ts';
import type { OwnershipTurn } from './state.ts';

const rivalWaitMs = 1_000;
/** A member that was heard within this time settles it by claims. */
const udpFreshMs = 3_000;
const claimToRivalMs = 1_000;
/** RFC 5227 §2.4 (c). */
const defendMs = 10_000;

export function seeOthers(turn: OwnershipTurn, { mac, ip, target }: SegmentEventOf<'neighbour'>): void {
  const { ownership, watch } = turn;
  if (ownership.phase !== 'joined' || mac === watch.link.mac) return;
  const address = ownership.addresses.get(ip ?? target);
  if (address === undefined) return;
  const member = watch.byMac.get(mac);
  if (ip === undefined) return seeProbe(turn, address, member, mac);
  switch (address.phase.kind) {
    case 'wait':
      address.holdOffUntilMs = turn.nowMs + rivalWaitMs;
      return enter(turn, address, { kind: 'idle' });
    case 'probing':
      if (member === undefined) return block(turn, address, mac);
      address.holdOffUntilMs = turn.nowMs + rivalWaitMs;
      return enter(turn, address, { kind: 'idle' });
    case 'owner':
    case 'handingOff':
      return member === undefined ? seeForeignClaim(turn, address, mac) : seeRival(turn, address, member);
    default:
      return;
  }
}

/** Somebody is about to take it. */
function seeProbe(turn: OwnershipTurn, address: Address, member: Member | undefined, mac: Member['mac']): void {
  const { phase } = address;
  const { nowMs, config } = turn;
  if (phase.kind === 'probing') {
    if (member === undefined) return block(turn, address, mac);
    const own = { owner: config.self.id, ownerHash: hashOf(turn, config.self.id) };
    if (!hasHigherScore({ owner: member.id, ownerHash: member.hash }, own, address.keyHash)) return;
  } else if (phase.kind !== 'wait') {
    return;
  }
  address.holdOffUntilMs = nowMs + rivalWaitMs;
  enter(turn, address, { kind: 'idle' });
  turn.ownership.orphans.add(address);
}

/** A member announces what this node has: it is told so by a claim, and where these do not arrive, by an announcement. */
function seeRival(turn: OwnershipTurn, address: Address, member: Member): void {
  const { nowMs, config } = turn;
  const { phase } = address;
  const isFresh = nowMs - member.heardMs < udpFreshMs;
  const own = { owner: config.self.id, ownerHash: hashOf(turn, config.self.id) };
  if (isFresh || !hasHigherScore({ owner: member.id, ownerHash: member.hash }, own, address.hash)) {
    if (phase.kind !== 'owner' || nowMs - phase.rivalToldMs < claimToRivalMs) return;
    address.phase = { ...phase, rivalToldMs: nowMs };
    if (!isFresh) return announce(turn, address);
    // To the group too: after a cut its MAC may not be found before long.
    sayClaim(turn, 'defend', [address]);
    return sayClaim(turn, 'defend', [address], member.source);
  }
  letGo(turn, address, { owner: member.id, epoch: address.epoch, minority: address.minority }, 'conflict');
}

function seeForeignClaim(turn: OwnershipTurn, address: Address, mac: Member['mac']): void {
  const { ownership, watch, effects, nowMs } = turn;
  // It may be another node of ours that cannot be heard: of the two, one stays.
  if (ownership.blind && mac < watch.link.mac) {
    letGo(turn, address, undefined, 'conflict');
    return block(turn, address, mac);
  }
  const { phase } = address;
  if (phase.kind !== 'owner' || !isOwn(address) || nowMs - phase.defendedMs < defendMs) return;
  address.phase = { ...phase, defendedMs: nowMs };
  announce(turn, address);
  effects.push({ kind: 'foreignClaim', ip: address.ip, mac, while: 'owning' });
}
