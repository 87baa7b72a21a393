// The addresses that are wanted, as the cluster thread says, and which of them are on-link here.
import { familyOf, type Ip } from '#shared/net/ip.ts';
import type { Range } from '#shared/net/range.ts';
import { octetsOf } from '../octets.ts';
import { placementHash } from '../../desired/rendezvous.ts';
import { isLive, onLinkRanges } from '../watch/member.ts';
import type { DesiredAddress } from './desired-address.ts';
import { recordOf } from './hearing.ts';
import { letGoAll } from './phases.ts';
import type { Address } from './record.ts';
import type { OwnershipState, OwnershipTurn } from './state.ts';

/** How long it is known who had an address that nobody wants any more. */
const rememberedMs = 600_000;

/** One chunk after the other; in force with the last. What is wanted no more falls silent then, without a word to others. */
export function setWanted(turn: OwnershipTurn, chunk: readonly DesiredAddress[], isLast: boolean): void {
  const { incoming } = turn.ownership;
  for (const desired of chunk) if (recordOf(turn, desired.ip) !== undefined) incoming.set(desired.ip, desired);
  if (!isLast) return;
  for (const address of turn.ownership.addresses.values()) take(address, incoming.get(address.ip));
  dropUnwanted(turn, incoming);
  incoming.clear();
}

function take(address: Address, desired: DesiredAddress | undefined): void {
  if (desired === undefined) return;
  if (address.desired?.placementKey !== desired.placementKey) {
    const isOwnKey = desired.placementKey === desired.ip;
    address.keyHash = isOwnKey ? address.hash : placementHash(octetsOf(desired.placementKey));
  }
  address.desired = desired;
}

function dropUnwanted(turn: OwnershipTurn, wanted: ReadonlyMap<Ip, DesiredAddress>): void {
  const { ownership, nowMs, config } = turn;
  const dropped: Address[] = [];
  ownership.bundles.clear();
  for (const address of ownership.addresses.values()) {
    if (wanted.has(address.ip)) {
      addToBundle(ownership, address);
    } else if (address.desired !== undefined) {
      address.desired = undefined;
      address.undesiredSinceMs = nowMs;
      if (address.owner === config.self.id || address.phase.kind !== 'idle') dropped.push(address);
    }
  }
  letGoOwn(turn, dropped);
  ownership.onLink = undefined;
  ownership.onLinkKey = '';
}

/** The prefixes of this node and of live members, and with them which addresses are on-link. */
export function refreshOnLink({ ownership, watch }: OwnershipTurn): void {
  if (ownership.onLink !== undefined) return;
  const ranges = new Map<string, Range>();
  const add = (range: Range): void => void ranges.set(`${range.family} ${range.first}-${range.last}`, range);
  onLinkRanges(watch.link.prefixes).forEach(add);
  for (const member of watch.members.values()) if (isLive(member)) member.ranges.forEach(add);
  ownership.onLink = [...ranges.values()];
  const key = [...ranges.keys()].toSorted().join();
  if (key === ownership.onLinkKey) return;
  ownership.onLinkKey = key;
  ownership.placeable = 0;
  const named = new Map<DesiredAddress['candidates'], boolean>();
  for (const address of ownership.addresses.values()) {
    address.onLink = ownership.onLink.some((range) => contains(range, address));
    if (isPlaceable(address, named)) ownership.placeable++;
  }
}

export function isForgettable({ desired, undesiredSinceMs, owner }: Address, nowMs: number): boolean {
  return desired === undefined && owner === undefined && nowMs - undesiredSinceMs > rememberedMs;
}

function letGoOwn(turn: OwnershipTurn, dropped: readonly Address[]): void {
  letGoAll(
    turn,
    dropped.filter(({ owner }) => owner === turn.config.self.id),
    'gone',
  );
  for (const address of dropped) {
    turn.ownership.orphans.delete(address);
    if (address.phase.kind !== 'idle') letGoAll(turn, [address], 'gone');
  }
}

function contains({ family, first, last }: Range, { ip, value }: Address): boolean {
  return first <= value && value <= last && familyOf(ip) === family;
}

/** `named` remembers of which sets of candidates one has named interfaces. */
function isPlaceable({ desired, onLink }: Address, named: Map<DesiredAddress['candidates'], boolean>): boolean {
  if (desired === undefined || onLink) return desired !== undefined;
  const { candidates } = desired;
  let isNamed = named.get(candidates);
  if (isNamed === undefined) {
    isNamed = [...candidates.values()].some(({ interfaces }) => interfaces !== 'any');
    named.set(candidates, isNamed);
  }
  return isNamed;
}

function addToBundle({ bundles }: OwnershipState, address: Address): void {
  const key = address.desired?.placementKey;
  if (key === undefined) return;
  const bundle = bundles.get(key);
  if (bundle === undefined) bundles.set(key, [address]);
  else bundle.push(address);
}
