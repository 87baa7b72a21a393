// Adoption (layer2 §5.7): a new process goes on with what its node owned, by the same claims: as members remember it, or as the state file
// does where no live member claims it.
import type { AddressEntry } from '../message/address-list.ts';
import { isLive } from '../watch/member.ts';
import { takeAll, type Taking } from './claiming.ts';
import { isTold } from './eligibility.ts';
import { rankOf, recordOf } from './hearing.ts';
import { isBetterClaim } from './order.ts';
import { isOwn, type Address } from './record.ts';
import { isGivenUp, type SavedAddress } from './desired-address.ts';
import type { OwnershipTurn } from './state.ts';

export interface Adoptable {
  readonly epoch: number;
  readonly minority: boolean;
  readonly from: 'member' | 'stateFile';
}

export function remember(
  turn: OwnershipTurn,
  entries: readonly (AddressEntry | SavedAddress)[],
  from: Adoptable['from'],
) {
  const { adoptable } = turn.ownership;
  for (const { ip, epoch, minority } of entries) {
    const known = adoptable.get(ip);
    const isNews = known === undefined || (known.from === 'stateFile' && from === 'member') || known.epoch < epoch;
    if (isNews) adoptable.set(ip, { epoch, minority, from });
    const address = recordOf(turn, ip);
    if (address !== undefined) address.floor = Math.max(address.floor, epoch);
  }
}

/** What only the state file knows is not adopted at all if it cannot be by then. */
const adoptByMs = 2_000;

/**
 * What only the state file knows may be another's by now: it is adopted when the tables of all members are known, and all who should be here
 * were heard or had the time to say something. Blind, even these wait for their turn and are probed first.
 */
export function adopt(turn: OwnershipTurn): void {
  const { ownership, nowMs } = turn;
  if (ownership.blind || ownership.adoptable.size === 0) return;
  const told = isTold(turn);
  const takings: Taking[] = [];
  for (const [ip, adopted] of ownership.adoptable) {
    const address = ownership.addresses.get(ip);
    if (address?.desired === undefined || (adopted.from === 'stateFile' && !told)) continue;
    ownership.adoptable.delete(ip);
    if (isGivenUp(address.desired) || !mayAdopt(turn, address, adopted)) continue;
    takings.push({ address, reason: 'adopt', cause: 'adopt', adopted });
  }
  takeAll(turn, takings);
  if (nowMs - ownership.joinedMs > adoptByMs) ownership.adoptable.clear();
}

/**
 * Only the last claim that was ever made is gone on with, and none that a live member has replaced. An older process of this node may have been
 * given the address after that member said that it has it: another one knows.
 */
function mayAdopt(turn: OwnershipTurn, address: Address, { epoch, minority, from }: Adoptable): boolean {
  const { watch, config } = turn;
  if (isOwn(address) || epoch < address.floor) return false;
  const { owner } = address;
  const member = owner === undefined ? undefined : watch.members.get(owner);
  if (owner === undefined || member === undefined || !isLive(member)) return true;
  if (from === 'stateFile') return false;
  const own = rankOf(turn, { owner: config.self.id, epoch, minority });
  return isBetterClaim(own, rankOf(turn, { ...address, owner }), address.hash);
}
