// Tables (layer2 §5.3): what each node owns, asked for when digests differ, shown on heal, after a burst of claims and each minute.
import { splitAddressList } from '../message/address-list.ts';
import type { Header } from '../message/header.ts';
import { tableListBytes, type Table } from '../message/table.ts';
import type { TableSummary } from '../message/table-summary.ts';
import type { NodeId } from '../node-id.ts';
import type { Endpoint } from '../event.ts';
import { jittered, send, wakeBy } from '../turn.ts';
import { isLive } from '../watch/member.ts';
import { hearClaims } from './hearing.ts';
import { holdingsOf, setOwner } from './holdings.ts';
import type { Ip } from '#shared/net/ip.ts';
import { entryOf } from './repeats.ts';
import type { OwnershipState, OwnershipTurn } from './state.ts';

/** What is known of a peer's own table. */
export interface PeerTable {
  /** Its last summary was not what is known of it, since then. */
  differsSinceMs: number | undefined;
  askedMs: number;
  version: number;
  /** A table of which some chunks have come. */
  collected: { version: number; firstSequence: number; chunks: Map<number, readonly Ip[]> } | undefined;
}

/** A claim that is on its way would be asked for in vain. */
const graceMs = 150;
/** A member is new, or back, for so long. */
const reunionMs = 1_000;
const askIntervalMs = 1_000;
const periodMs = 60_000;
const againMs = 100;
const missingMs = 2_500;

export function ownSummary({ holdings, tableVersion }: OwnershipState, self: NodeId): TableSummary {
  const held = holdings.get(self);
  return { version: tableVersion, digest: [held?.digestA ?? 0, held?.digestB ?? 0] };
}

/** From a BEAT or HELLO. True: what this node knows of the peer's table is what the peer says. */
export function hearSummary(turn: OwnershipTurn, id: NodeId, { version, digest }: TableSummary): boolean {
  const { ownership, nowMs } = turn;
  const peer = peerOf(ownership, id);
  const held = ownership.holdings.get(id);
  const agrees = (held?.digestA ?? 0) === digest[0] && (held?.digestB ?? 0) === digest[1];
  if (agrees) {
    peer.differsSinceMs = undefined;
    peer.version = version;
  } else {
    peer.differsSinceMs ??= nowMs;
    askIfDue(turn, id, peer);
  }
  return agrees;
}

/** Some member owns something that this node was not told of, yet; not for ever, as two nodes may differ for long. */
export function isTableMissing({ ownership, watch, nowMs }: OwnershipTurn): boolean {
  for (const [id, { differsSinceMs }] of ownership.peers) {
    const member = watch.members.get(id);
    if (member === undefined || !isLive(member) || differsSinceMs === undefined) continue;
    if (nowMs - differsSinceMs < missingMs) return true;
  }
  return false;
}

/** Each second; summaries come rarely to those who do not watch the peer. */
export function askForTables(turn: OwnershipTurn): void {
  for (const [id, peer] of turn.ownership.peers) if (peer.differsSinceMs !== undefined) askIfDue(turn, id, peer);
}

export function sendTable(turn: OwnershipTurn, about: NodeId, to: 'group' | Endpoint): void {
  const { ownership } = turn;
  const entries = [...holdingsOf(ownership, about).addresses].map((address) => entryOf(address));
  const lists = splitAddressList(entries, tableListBytes);
  for (const [chunk, list] of lists.entries()) {
    const version = about === turn.config.self.id ? ownership.tableVersion : 0;
    send(turn, to, { kind: 'table', about, version, chunk, chunks: lists.length, entries: list });
  }
}

export function showTable(turn: OwnershipTurn): void {
  const { ownership, nowMs, config } = turn;
  ownership.tableShownMs = nowMs;
  ownership.tableDueMs = nowMs + (ownership.tableAgain ? againMs : jittered(turn, periodMs, 10));
  ownership.tableAgain = false;
  wakeBy(turn, ownership.tableDueMs);
  sendTable(turn, config.self.id, 'group');
}

/** A peer's own: what it does not list any more is free. */
export function hearTable(turn: OwnershipTurn, header: Header, table: Table): void {
  const { ownership } = turn;
  hearClaims(turn, header, table.entries);
  const peer = peerOf(ownership, header.sender);
  if (peer.collected?.version !== table.version) {
    peer.collected = { version: table.version, firstSequence: header.sequence, chunks: new Map() };
  }
  const { chunks } = peer.collected;
  peer.collected.firstSequence = Math.min(peer.collected.firstSequence, header.sequence);
  chunks.set(
    table.chunk,
    table.entries.map(({ ip }) => ip),
  );
  if (chunks.size < table.chunks) return;
  peer.differsSinceMs = undefined;
  releaseUnlisted(turn, header.sender, new Set([...chunks.values()].flat()), peer.collected.firstSequence);
  peer.collected = undefined;
  peer.version = table.version;
}

/** Another process of the peer: what the old one said was numbered otherwise. */
export function forgetSequences({ ownership }: OwnershipTurn, id: NodeId): void {
  for (const address of holdingsOf(ownership, id).addresses) address.sequence = 0;
  ownership.peers.delete(id);
}

function releaseUnlisted(turn: OwnershipTurn, id: NodeId, listed: ReadonlySet<Ip>, sequence: number): void {
  const { ownership } = turn;
  for (const address of holdingsOf(ownership, id).addresses) {
    // Claimed after the table was made.
    if (listed.has(address.ip) || address.sequence > sequence) continue;
    setOwner(ownership, address, undefined, turn);
    address.lostBy = 'ineligible';
    ownership.orphans.add(address);
  }
}

function askIfDue(turn: OwnershipTurn, id: NodeId, peer: PeerTable): void {
  const { ownership, watch, nowMs } = turn;
  const member = watch.members.get(id);
  if (member === undefined || !isLive(member) || nowMs - peer.askedMs < askIntervalMs) return;
  const isEarly = nowMs - (peer.differsSinceMs ?? nowMs) < graceMs;
  // Whoever joins or has been cut off knows nothing: no claim on its way explains that.
  const isNews = ownership.phase === 'joining' || nowMs - member.upSinceMs < reunionMs;
  if (isEarly && !isNews) return;
  peer.askedMs = nowMs;
  send(turn, member.source, { kind: 'tableRequest', about: id, haveVersion: peer.version });
}

function peerOf({ peers }: OwnershipState, id: NodeId): PeerTable {
  let peer = peers.get(id);
  if (peer === undefined) {
    peer = { differsSinceMs: undefined, askedMs: -Infinity, version: 0, collected: undefined };
    peers.set(id, peer);
  }
  return peer;
}
