// Adoption (layer2 §5.7): a new process goes on with what its node owned, by the same claims: as members remember it, or as the state file
// does where no live member claims it.
import type { AddressEntry } from '../message/address-list.ts';
import { listenMs } from '../watch/join.ts';
import { isLive } from '../watch/member.ts';
import { takeAll, type Taking } from './claiming.ts';
import { recordOf } from './hearing.ts';
import { isTableMissing } from './peer-table.ts';
import type { SavedAddress } from './desired-address.ts';
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
  const { ownership, watch, nowMs } = turn;
  if (ownership.blind || ownership.adoptable.size === 0) return;
  const isTold = !isTableMissing(turn) && (nowMs - watch.join.sinceMs >= listenMs || isRosterHeard(turn));
  const takings: Taking[] = [];
  for (const [ip, adopted] of ownership.adoptable) {
    if (adopted.from === 'stateFile' && !isTold) continue;
    ownership.adoptable.delete(ip);
    const address = ownership.addresses.get(ip);
    if (address?.desired === undefined || address.desired.release) continue;
    const owner = address.owner === undefined ? undefined : watch.members.get(address.owner);
    if (owner !== undefined && isLive(owner)) continue;
    takings.push({ address, reason: 'adopt', cause: 'adopt', adopted });
  }
  takeAll(turn, takings);
  if (nowMs - ownership.joinedMs > adoptByMs) ownership.adoptable.clear();
}

function isRosterHeard({ watch, config }: OwnershipTurn): boolean {
  return [...watch.roster].every((id) => id === config.self.id || watch.members.get(id)?.joining === false);
}
