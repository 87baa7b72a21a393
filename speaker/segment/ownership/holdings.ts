// Who owns what, by owner: what a dead node leaves behind, how loaded each is, and the digests by which two nodes see that they agree.
import { wakeBy, type Turn } from '../turn.ts';
import type { NodeId } from '../node-id.ts';
import { withMove } from './move-budget.ts';
import { entryHashes, type Address } from './record.ts';
import type { OwnershipState } from './state.ts';

export interface Holdings {
  readonly addresses: Set<Address>;
  digestA: number;
  digestB: number;
}

export function holdingsOf({ holdings }: OwnershipState, id: NodeId): Holdings {
  let held = holdings.get(id);
  if (held === undefined) {
    held = { addresses: new Set(), digestA: 0, digestB: 0 };
    holdings.set(id, held);
  }
  return held;
}

export interface Claimed {
  readonly owner: NodeId;
  readonly epoch: number;
  readonly minority: boolean;
}

/** The only place where an owner is written. */
export function setOwner(
  state: OwnershipState,
  address: Address,
  claimed: Claimed | undefined,
  { nowMs, config: { self } }: Turn,
): void {
  const before = address.owner;
  if (before !== undefined) toggle(state, before, address);
  if (claimed === undefined) {
    address.owner = undefined;
  } else {
    if (address.lastOwner !== undefined && address.lastOwner !== claimed.owner) {
      address.changesMs = withMove(address.changesMs, nowMs);
    }
    address.owner = claimed.owner;
    address.lastOwner = claimed.owner;
    address.epoch = claimed.epoch;
    address.minority = claimed.minority;
    address.floor = Math.max(address.floor, claimed.epoch);
    address.lostBy = undefined;
    toggle(state, claimed.owner, address);
  }
  if (before !== claimed?.owner) address.ineligibleSinceMs = undefined;
  if (before === self.id || claimed?.owner === self.id) state.tableVersion = (state.tableVersion + 1) >>> 0;
}

/** Tables and their digests are shown again before long. */
export function showTableBy(turn: Turn, state: OwnershipState, atMs: number): void {
  state.tableDueMs = Math.min(state.tableDueMs, Math.max(atMs, state.tableShownMs + tableIntervalMs));
  wakeBy(turn, state.tableDueMs);
}

const tableIntervalMs = 100;

function toggle(state: OwnershipState, id: NodeId, address: Address): void {
  const held = holdingsOf(state, id);
  if (!held.addresses.delete(address)) held.addresses.add(address);
  const [a, b] = entryHashes(address);
  held.digestA = (held.digestA ^ a) >>> 0;
  held.digestB = (held.digestB ^ b) >>> 0;
}
