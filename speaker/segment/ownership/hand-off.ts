// Handing an address to another live node without a gap (layer2 §5.5): OFFER, the target claims and announces, and only then the owner stops.
import { claimListBytes, type Offer } from '../message/claim.ts';
import { splitAddressList, type AddressEntry } from '../message/address-list.ts';
import type { Header } from '../message/header.ts';
import type { NodeId } from '../node-id.ts';
import { send, wakeBy } from '../turn.ts';
import type { Member } from '../watch/member.ts';
import { takeAll, type Taking } from './claiming.ts';
import { mayClaim } from './eligibility.ts';
import { recordOf } from './hearing.ts';
import { mayMove } from './move-budget.ts';
import { enter } from './phases.ts';
import { bestTarget } from './placement.ts';
import { isAnswering, isOwn, type Address, type HandOffReason } from './record.ts';
import { entryOf, sayClaim } from './repeats.ts';
import type { OwnershipTurn } from './state.ts';

export const offersPerSecond = 10;
const sendsPerTarget = 3;
const resendMs = 300;
const targets = 3;
const againMs = 10_000;
const reasonNumbers: Readonly<Record<HandOffReason, number>> = { drain: 1, preference: 2, ineligible: 3 };

export function beginHandOff(turn: OwnershipTurn, address: Address, reason: HandOffReason): void {
  const { nowMs, ownership } = turn;
  const { phase } = address;
  if (phase.kind !== 'owner' || nowMs < phase.handOffAgainMs) return;
  if (!mayMove(address.changesMs, nowMs)) return noteBudget(turn, address, true);
  if (ownership.offerTokens < 1 && !ownership.condition.ending) return;
  const to = bestTarget(turn, address, []);
  if (to === undefined) return;
  ownership.offerTokens--;
  const answering = isAnswering(address);
  enter(turn, address, { kind: 'handingOff', answering, reason, to, tried: [], sends: 0, nextMs: nowMs });
  wakeBy(turn, nowMs);
}

/** Offers what is due, each target in as few messages as can be. */
export function advanceHandOffs(turn: OwnershipTurn): void {
  const { ownership, nowMs, watch } = turn;
  const offered = new Map<NodeId, Address[]>();
  for (const address of ownership.pending) {
    if (address.phase.kind !== 'handingOff' || address.phase.nextMs > nowMs) continue;
    if (address.phase.sends === sendsPerTarget) nextTarget(turn, address);
    const { phase } = address;
    if (phase.kind !== 'handingOff' || phase.to === undefined) continue;
    const same = offered.get(phase.to);
    if (same === undefined) offered.set(phase.to, [address]);
    else same.push(address);
    enter(turn, address, { ...phase, sends: phase.sends + 1, nextMs: nowMs + resendMs });
    wakeBy(turn, nowMs + resendMs);
  }
  for (const [to, addresses] of offered) {
    const member = watch.members.get(to);
    if (member !== undefined) sendOffers(turn, member, addresses);
  }
}

/** Its reason is gone. */
export function endHandOff(turn: OwnershipTurn, address: Address, againInMs: number): void {
  const { phase } = address;
  if (phase.kind !== 'handingOff') return;
  enter(turn, address, {
    kind: 'owner',
    answering: phase.answering,
    defences: 0,
    defendedMs: -Infinity,
    rivalToldMs: -Infinity,
    handOffAgainMs: turn.nowMs + againInMs,
    better: undefined,
  });
}

/** This node is the target: it takes what it can, and says so of the rest. */
export function hearOffer(
  turn: OwnershipTurn,
  header: Header,
  member: Member,
  { offer, reason, entries }: Offer,
): void {
  const takings: Taking[] = [];
  const refused: AddressEntry[] = [];
  const told: Address[] = [];
  for (const entry of entries) {
    const address = recordOf(turn, entry.ip);
    if (address === undefined) continue;
    address.floor = Math.max(address.floor, entry.epoch);
    if (isOwn(address)) told.push(address);
    else if (mayTake(turn, address, header.sender))
      takings.push({ address, reason: 'handOff', cause: causeOf(reason) });
    else refused.push(entry);
  }
  takeAll(turn, takings);
  // The claim did not reach the one who offers.
  if (told.length > 0) sayClaim(turn, 'repeat', told);
  if (refused.length > 0) send(turn, member.source, { kind: 'refuse', offer, reason, entries: refused });
}

export function hearRefusal(turn: OwnershipTurn, from: NodeId, entries: readonly AddressEntry[]): void {
  for (const { ip } of entries) {
    const address = turn.ownership.addresses.get(ip);
    if (address?.phase.kind !== 'handingOff' || address.phase.to !== from) continue;
    nextTarget(turn, address);
    wakeBy(turn, turn.nowMs);
  }
}

export function noteBudget(turn: OwnershipTurn, address: Address, holds: boolean): void {
  const { ownership, effects } = turn;
  if (holds === ownership.exhausted.has(address)) return;
  if (holds) ownership.exhausted.add(address);
  else ownership.exhausted.delete(address);
  effects.push({ kind: 'condition', condition: 'moveBudgetExhausted', holds, about: address.ip });
}

/** Only its owner can give it away: somebody else may have it by a better claim. */
function mayTake(turn: OwnershipTurn, address: Address, owner: NodeId): boolean {
  const isTheirs = address.owner === owner || address.owner === undefined;
  return isTheirs && !turn.ownership.blind && mayClaim(turn, address);
}

function nextTarget(turn: OwnershipTurn, address: Address): void {
  const { phase } = address;
  if (phase.kind !== 'handingOff') return;
  const tried = phase.to === undefined ? phase.tried : [...phase.tried, phase.to];
  const to = tried.length < targets ? bestTarget(turn, address, tried) : undefined;
  if (to === undefined) endHandOff(turn, address, againMs);
  else enter(turn, address, { ...phase, to, tried, sends: 0, nextMs: turn.nowMs });
}

function sendOffers(turn: OwnershipTurn, { source }: Member, addresses: readonly Address[]): void {
  const [first] = addresses;
  const reason = first?.phase.kind === 'handingOff' ? reasonNumbers[first.phase.reason] : 0;
  for (const entries of splitAddressList(addresses.map(entryOf), claimListBytes)) {
    send(turn, source, { kind: 'offer', offer: ++turn.ownership.offers, reason, entries });
  }
}

function causeOf(reason: number): HandOffReason {
  if (reason === reasonNumbers.preference) return 'preference';
  return reason === reasonNumbers.ineligible ? 'ineligible' : 'drain';
}
