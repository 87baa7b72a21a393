// Taking addresses (layer2 §5.3): the CLAIM to the group comes first, then the announcements: whoever has it lets go before clients are told.
import type { OwnerCause } from '../effect.ts';
import type { ClaimReason } from '../message/claim.ts';
import { setOwner, showTableBy } from './holdings.ts';
import { enter } from './phases.ts';
import type { Address } from './record.ts';
import { repeatLater, sayClaim } from './repeats.ts';
import type { OwnershipTurn } from './state.ts';

/** After so many at once the whole table is shown. */
const burst = 20;
const tableAfterBurstMs = 250;

export interface Taking {
  readonly address: Address;
  readonly reason: Exclude<ClaimReason, 'defend' | 'repeat'>;
  readonly cause: OwnerCause;
  /** Of an adopted claim; else a new one is made. */
  readonly adopted?: { readonly epoch: number; readonly minority: boolean };
}

export function takeAll(turn: OwnershipTurn, takings: readonly Taking[]): void {
  if (takings.length === 0) return;
  const { ownership, effects, nowMs } = turn;
  const minority = !turn.isMajority();
  const byReason = new Map<ClaimReason, Address[]>();
  for (const { address, reason, adopted } of takings) {
    take(turn, address, adopted ?? { epoch: Math.max(address.floor, address.epoch) + 1, minority });
    const same = byReason.get(reason);
    if (same === undefined) byReason.set(reason, [address]);
    else same.push(address);
  }
  for (const [reason, addresses] of byReason) sayClaim(turn, reason, addresses);
  for (const [reason, addresses] of byReason) {
    const ips = addresses.filter(({ desired }) => desired?.answer === true).map(({ ip }) => ip);
    if (ips.length > 0) effects.push({ kind: 'answer', ips, announce: reason === 'adopt' ? 'once' : 'schedule' });
  }
  for (const { address, cause } of takings) effects.push({ kind: 'ownerChanged', ip: address.ip, owns: true, cause });
  repeatLater(
    turn,
    takings.map(({ address }) => address),
  );
  if (takings.length >= burst) showTableBy(turn, ownership, nowMs + tableAfterBurstMs);
}

function take(turn: OwnershipTurn, address: Address, claim: { readonly epoch: number; readonly minority: boolean }) {
  const { ownership, config, nowMs } = turn;
  setOwner(ownership, address, { owner: config.self.id, ...claim }, turn);
  ownership.orphans.delete(address);
  address.claimedMs = nowMs;
  address.announced = address.desired?.answer ?? false;
  enter(turn, address, {
    kind: 'owner',
    answering: address.desired?.answer ?? false,
    defences: 0,
    defendedMs: -Infinity,
    rivalToldMs: -Infinity,
    handOffAgainMs: nowMs,
    better: undefined,
  });
}
