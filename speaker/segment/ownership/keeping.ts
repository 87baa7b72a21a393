// Whether this node keeps what it owns (layer2 §5.4, §5.5): it hands off what another should have, and gives up at once what it cannot serve.
import { claimListBytes } from '../message/claim.ts';
import { splitAddressList } from '../message/address-list.ts';
import { send } from '../turn.ts';
import { isLive } from '../watch/member.ts';
import { isGivenUp } from './desired-address.ts';
import { isOwnCandidate } from './eligibility.ts';
import { beginHandOff, endHandOff, noteBudget } from './hand-off.ts';
import { mayMove } from './move-budget.ts';
import { letGoAll } from './phases.ts';
import type { Batch, Contender } from './placement.ts';
import { isAnswering, type Address, type HandOffReason } from './record.ts';
import { entryOf } from './repeats.ts';
import type { OwnershipTurn } from './state.ts';

/** The preferred one has been candidate and up for so long. */
const preferredMs = 30_000;

/** For one address that this node owns; those that it must give up are collected. */
export function reconsiderOwn(turn: OwnershipTurn, address: Address, batch: Batch, givenUp: Address[]): void {
  const { nowMs } = turn;
  const { phase, desired } = address;
  if (desired === undefined || (phase.kind !== 'owner' && phase.kind !== 'handingOff')) return;
  if (mustGiveUp(turn, address, batch)) {
    givenUp.push(address);
    return;
  }
  if (phase.answering !== desired.answer) setAnswering(turn, address, desired.answer);
  if (turn.ownership.exhausted.has(address) && mayMove(address.changesMs, nowMs)) noteBudget(turn, address, false);
  const reason = reasonToHandOff(turn, address, batch);
  if (phase.kind === 'owner' && reason !== undefined) beginHandOff(turn, address, reason);
  else if (phase.kind === 'handingOff' && reason === undefined) endHandOff(turn, address, 0);
}

/** Silent first, then free for others. */
export function giveUp(turn: OwnershipTurn, addresses: readonly Address[]): void {
  if (addresses.length === 0) return;
  const entries = addresses.map(entryOf);
  letGoAll(turn, addresses, 'ineligible');
  for (const list of splitAddressList(entries, claimListBytes)) send(turn, 'group', { kind: 'release', entries: list });
  for (const address of addresses) turn.ownership.orphans.add(address);
}

function mustGiveUp(turn: OwnershipTurn, address: Address, batch: Batch): boolean {
  if (address.desired !== undefined && isGivenUp(address.desired)) return true;
  if (!turn.ownership.condition.cannotForward) return false;
  return batch.contendersOf(address).some(({ id }) => isLiveElsewhere(turn, id));
}

function reasonToHandOff(turn: OwnershipTurn, address: Address, batch: Batch): HandOffReason | undefined {
  const { flags, ending } = turn.ownership.condition;
  if (flags.draining || ending) return 'drain';
  if (!isOwnCandidate(turn, address)) return 'ineligible';
  return isOutpreferred(turn, address, batch) ? 'preference' : undefined;
}

function isOutpreferred(turn: OwnershipTurn, address: Address, batch: Batch): boolean {
  const { watch, nowMs, config } = turn;
  const { phase } = address;
  if (phase.kind === 'handingOff') return phase.reason === 'preference';
  if (phase.kind !== 'owner') return false;
  const own = address.desired?.candidates.get(config.self.id)?.preference ?? 0;
  let best: Contender | undefined;
  for (const contender of batch.contendersOf(address)) {
    if (contender.preference > (best?.preference ?? own) && isLiveElsewhere(turn, contender.id)) best = contender;
  }
  const better =
    best === undefined
      ? undefined
      : { id: best.id, sinceMs: phase.better?.id === best.id ? phase.better.sinceMs : nowMs };
  if (better?.id !== phase.better?.id) address.phase = { ...phase, better };
  const upSinceMs = better === undefined ? Infinity : (watch.members.get(better.id)?.upSinceMs ?? Infinity);
  return better !== undefined && nowMs - Math.max(better.sinceMs, upSinceMs) >= preferredMs;
}

function isLiveElsewhere({ watch, config }: OwnershipTurn, id: Contender['id']): boolean {
  const member = watch.members.get(id);
  return id !== config.self.id && member !== undefined && isLive(member) && member.suspicion === undefined;
}

/** No change of owner: nothing is announced, unless it was taken in silence. */
function setAnswering({ effects }: OwnershipTurn, address: Address, answering: boolean): void {
  const { phase, ip } = address;
  if (phase.kind !== 'owner' && phase.kind !== 'handingOff') return;
  if (isAnswering(address) !== answering) {
    const announce = address.announced ? 'none' : 'schedule';
    effects.push(answering ? { kind: 'answer', ips: [ip], announce } : { kind: 'silence', ips: [ip] });
    address.announced ||= answering;
  }
  address.phase = { ...phase, answering };
}
