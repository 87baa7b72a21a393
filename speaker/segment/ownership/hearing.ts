// Claims of others (layer2 §5.1, §5.3): a better one replaces, a worse one is answered if it is this node's address that it is for.
import type { Header } from '../message/header.ts';
import type { AddressEntry } from '../message/address-list.ts';
import type { NodeId } from '../node-id.ts';
import { isLive, memberHash } from '../watch/member.ts';
import { defend } from './defence.ts';
import { setOwner, type Claimed } from './holdings.ts';
import { isBetterClaim, type ClaimRank } from './order.ts';
import { enter, letGo } from './phases.ts';
import { isOwn, newAddress, type Address } from './record.ts';
import type { OwnershipTurn } from './state.ts';
import type { Ip } from '#shared/net/ip.ts';

/** Twice what may be wanted: addresses that nobody wants any more are remembered for a while. */
const maxRecords = 20_000;

export function recordOf({ ownership: { addresses }, nowMs }: OwnershipTurn, ip: Ip): Address | undefined {
  const known = addresses.get(ip);
  if (known !== undefined || addresses.size >= maxRecords) return known;
  const address = newAddress(ip, nowMs);
  addresses.set(ip, address);
  return address;
}

export function hearClaims(turn: OwnershipTurn, header: Header, entries: readonly AddressEntry[]): void {
  const worse: Address[] = [];
  for (const entry of entries) {
    const address = recordOf(turn, entry.ip);
    if (address !== undefined && hearClaim(turn, header, entry, address) === 'worse') worse.push(address);
  }
  defend(turn, worse, turn.watch.members.get(header.sender)?.source);
}

function hearClaim(turn: OwnershipTurn, header: Header, entry: AddressEntry, address: Address): 'worse' | undefined {
  const { ownership, config, watch } = turn;
  const { epoch, minority } = entry;
  const claimed = { owner: header.sender, epoch, minority };
  address.floor = Math.max(address.floor, epoch);
  if (address.owner === header.sender) {
    if (header.sequence < address.sequence) return undefined;
    if (address.epoch !== epoch || address.minority !== minority) setOwner(ownership, address, claimed, turn);
  } else {
    const current = address.owner === undefined ? undefined : watch.members.get(address.owner);
    const stands = address.owner === config.self.id || (current !== undefined && isLive(current));
    if (stands && !isBetterClaim(rankOf(turn, claimed), rankOf(turn, standing(address, header.sender)), address.hash)) {
      return isOwn(address) ? 'worse' : undefined;
    }
    letGo(turn, address, claimed, causeOf(address));
  }
  address.sequence = header.sequence;
  address.silent = entry.silent;
  const { kind } = address.phase;
  if (kind === 'wait' || kind === 'probing' || kind === 'blocked') enter(turn, address, { kind: 'idle' });
  return undefined;
}

/** What its owner gives up is free at once. */
export function hearRelease(turn: OwnershipTurn, header: Header, entries: readonly AddressEntry[]): void {
  const { ownership } = turn;
  for (const { ip, epoch } of entries) {
    const address = recordOf(turn, ip);
    if (address === undefined) continue;
    address.floor = Math.max(address.floor, epoch);
    if (address.owner !== header.sender || header.sequence < address.sequence) continue;
    setOwner(ownership, address, undefined, turn);
    address.lostBy = 'ineligible';
    ownership.orphans.add(address);
  }
}

function standing({ owner, epoch, minority }: Address, otherwise: NodeId): Claimed {
  return { owner: owner ?? otherwise, epoch, minority };
}

export function rankOf(turn: OwnershipTurn, { owner, epoch, minority }: Claimed): ClaimRank {
  return { owner, epoch, minority, ownerHash: hashOf(turn, owner) };
}

export function hashOf({ watch }: OwnershipTurn, id: NodeId): number {
  return watch.members.get(id)?.hash ?? memberHash(id);
}

function causeOf({ phase }: Address) {
  return phase.kind === 'handingOff' ? phase.reason : 'conflict';
}
