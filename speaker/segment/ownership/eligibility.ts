// Who may own an address on this segment (layer2 §1, §5.3), and when it has no owner any more.
import { listenMs } from '../watch/join.ts';
import { isLive } from '../watch/member.ts';
import { serves } from './desired-address.ts';
import { isTableMissing } from './peer-table.ts';
import type { Address } from './record.ts';
import type { OwnershipTurn } from './state.ts';

const ineligibleLimitMs = 10_000;

/** Takes new addresses: the API names this node, and nothing of its own keeps it from it. */
export function mayClaim(turn: OwnershipTurn, address: Address): boolean {
  const { ownership, watch } = turn;
  const { flags, cannotForward, ending } = ownership.condition;
  if (ownership.phase !== 'joined' || ownership.mute !== undefined || !watch.link.carrier) return false;
  if (flags.noClaim || flags.draining || flags.leaving || cannotForward || ending) return false;
  return isOwnCandidate(turn, address) && address.desired?.release === false;
}

/** By API and by interface. */
export function isOwnCandidate({ config, watch }: OwnershipTurn, { desired, onLink }: Address): boolean {
  const candidate = desired?.candidates.get(config.self.id);
  return (
    candidate !== undefined && (onLink || candidate.interfaces !== 'any') && serves(candidate, watch.link.interfaceName)
  );
}

/** Nobody has it who lives; or who has it has been no candidate for long and does not hand it off. */
export function isOrphan(turn: OwnershipTurn, address: Address): boolean {
  const { config, watch, nowMs } = turn;
  const { owner, ineligibleSinceMs } = address;
  if (owner === undefined) return isKnownFree(turn, address);
  if (owner === config.self.id) return false;
  const member = watch.members.get(owner);
  if (member === undefined || !isLive(member)) return true;
  return ineligibleSinceMs !== undefined && nowMs - ineligibleSinceMs >= ineligibleLimitMs && !member.flags.draining;
}

/** The tables of all members are known, and all who should be here were heard or had the time to say something. */
export function isTold(turn: OwnershipTurn): boolean {
  const { watch, nowMs } = turn;
  return !isTableMissing(turn) && (nowMs - watch.join.sinceMs >= listenMs || isRosterHeard(turn));
}

/** Somebody had it once, and whoever is still to be heard may have it now. */
function isKnownFree(turn: OwnershipTurn, { floor, lostBy }: Address): boolean {
  return floor === 0 || lostBy !== undefined || turn.ownership.blind || isTold(turn);
}

function isRosterHeard({ watch, config }: OwnershipTurn): boolean {
  return [...watch.roster].every((id) => id === config.self.id || watch.members.get(id)?.joining === false);
}

/** Each second: notes since when the live owner of an address is no candidate. */
export function noteEligibility({ watch, config, nowMs }: OwnershipTurn, address: Address): void {
  const { owner, desired } = address;
  if (owner === undefined || owner === config.self.id || desired === undefined) return;
  const member = watch.members.get(owner);
  if (member === undefined) return;
  const candidate = desired.candidates.get(owner);
  const isCandidate = candidate !== undefined && serves(candidate, member.interfaceName);
  if (isCandidate || member.flags.draining) address.ineligibleSinceMs = undefined;
  else address.ineligibleSinceMs ??= nowMs;
}
