// Who watches whom (layer2 §3.3): the best min(5, members − 1) by rendezvous hash of (watched, watcher), DOWN ones left out. Every node
// computes it from its own list. Kept up to date member by member: 500 × 500 scores at each change would stall the thread.
import { placementHash, score } from '../../desired/rendezvous.ts';
import { nodeIdToBytes, type NodeId } from '../node-id.ts';
import { watchersPerMember } from '../profile.ts';
import { memberHash } from './member.ts';

interface Scored {
  readonly id: NodeId;
  readonly score: number;
}

export interface WatcherLists {
  /** Who may watch, with the hash of each. */
  readonly able: Map<NodeId, number>;
  /** Best first. */
  readonly of: Map<NodeId, { readonly hash: number; best: readonly Scored[] }>;
}

export function newWatcherLists(): WatcherLists {
  return { able: new Map(), of: new Map() };
}

/** From now on it is watched. */
export function addWatched(lists: WatcherLists, id: NodeId): void {
  if (lists.of.has(id)) return;
  const entry = { hash: placementHash(nodeIdToBytes(id)), best: [] };
  lists.of.set(id, entry);
  rebuild(lists, id, entry);
}

export function removeWatched(lists: WatcherLists, id: NodeId): void {
  lists.of.delete(id);
}

/** From now on it watches. */
export function addWatcher(lists: WatcherLists, id: NodeId): void {
  if (lists.able.has(id)) return;
  const hash = memberHash(id);
  lists.able.set(id, hash);
  for (const [watched, entry] of lists.of) {
    if (watched !== id) entry.best = inserted(entry.best, { id, score: score(entry.hash, hash) });
  }
}

export function removeWatcher(lists: WatcherLists, id: NodeId): void {
  if (!lists.able.delete(id)) return;
  for (const [watched, entry] of lists.of) {
    if (entry.best.some((watcher) => watcher.id === id)) rebuild(lists, watched, entry);
  }
}

export function watchersOf(lists: WatcherLists, id: NodeId): readonly NodeId[] {
  return lists.of.get(id)?.best.map((watcher) => watcher.id) ?? [];
}

export function isWatcher(lists: WatcherLists, watched: NodeId, watcher: NodeId): boolean {
  return lists.of.get(watched)?.best.some(({ id }) => id === watcher) ?? false;
}

function rebuild({ able }: WatcherLists, watched: NodeId, entry: { readonly hash: number; best: readonly Scored[] }) {
  let best: readonly Scored[] = [];
  for (const [id, hash] of able) if (id !== watched) best = inserted(best, { id, score: score(entry.hash, hash) });
  entry.best = best;
}

function inserted(best: readonly Scored[], candidate: Scored): readonly Scored[] {
  const at = best.findIndex((known) => isBetter(candidate, known));
  if (at < 0) return best.length < watchersPerMember ? [...best, candidate] : best;
  return [...best.slice(0, at), candidate, ...best.slice(at)].slice(0, watchersPerMember);
}

function isBetter(a: Scored, b: Scored): boolean {
  return a.score > b.score || (a.score === b.score && a.id > b.id);
}
