// How a member's life changes: DOWN, back, and what is told of it.
import { neverMs, isLive, lifeOf, type DownCause, type Member } from './member.ts';
import type { WatchTurn } from './state.ts';
import { addWatched, addWatcher, removeWatcher, watchersOf } from './watchers.ts';
import { endSuspicion } from './suspicion.ts';

/** Told once per change. */
export function noteLife({ effects }: WatchTurn, member: Member): void {
  const to = lifeOf(member);
  if (member.told === to) return;
  member.told = to;
  const cause = member.down === undefined ? {} : { cause: member.down.cause };
  effects.push({ kind: 'memberChanged', id: member.id, to, ...cause });
}

export function markDown(turn: WatchTurn, member: Member, cause: DownCause): void {
  const { watch, nowMs, news } = turn;
  if (member.down !== undefined) return;
  member.down = { incarnation: member.incarnation, cause, sinceMs: nowMs, sequence: member.sequence };
  endSuspicion(turn, member);
  endAbsence(turn, member);
  watch.down.add(member);
  removeWatcher(watch.lists, member.id);
  refreshWatching(turn);
  noteLife(turn, member);
  news.push({ kind: 'lost', id: member.id, cause });
}

/** A member for the first time, or again. */
export function markUp(turn: WatchTurn, member: Member): void {
  const { watch, nowMs, news } = turn;
  const isNew = member.joining;
  if (!isNew && member.down === undefined) return;
  member.joining = false;
  member.down = undefined;
  member.upSinceMs = nowMs;
  member.quietBeats = 0;
  watch.down.delete(member);
  addWatched(watch.lists, member.id);
  addWatcher(watch.lists, member.id);
  refreshWatching(turn);
  noteLife(turn, member);
  news.push({ kind: 'back', id: member.id, restarted: isNew });
}

export function endAbsence(turn: WatchTurn, member: Member): void {
  if (member.absence === undefined) return;
  member.absence = undefined;
  turn.watch.absent.delete(member);
  noteLife(turn, member);
}

/** Whom this node watches and who watches it, anew. A new watcher gives twice the suspicion time before the first suspicion. */
export function refreshWatching({ watch, config: { self }, nowMs }: WatchTurn): void {
  const watched: Member[] = [];
  for (const [id, { best }] of watch.lists.of) {
    const member = watch.members.get(id);
    if (member === undefined) continue;
    if (best.some((watcher) => watcher.id === self.id)) {
      member.watchedSinceMs ??= nowMs;
      watched.push(member);
    } else {
      member.watchedSinceMs = undefined;
    }
  }
  watch.watched = watched;
  watch.watchers = watchersOf(watch.lists, self.id)
    .map((id) => watch.members.get(id))
    .filter((member) => member !== undefined);
}

/** The last direct sign of life, of whatever kind; for who is called deaf its own packets are none. */
export function lastEvidenceMs({ heardMs, kernelMs, speakerMs }: Member, deaf: boolean): number {
  return Math.max(deaf ? neverMs : heardMs, kernelMs, speakerMs);
}

/** This node sees at least half of the roster; of exactly half, the half with its lowest id. */
export function isMajority({ watch, config: { self } }: WatchTurn): boolean {
  let seen = 0;
  let lowest = self.id;
  for (const id of watch.roster) if (id < lowest) lowest = id;
  const sees = (id: string): boolean => {
    if (id === self.id) return true;
    const member = watch.members.get(id as typeof self.id);
    // Whoever is suspected now may be on the other side of a partition.
    return member !== undefined && isLive(member) && member.suspicion === undefined;
  };
  for (const id of watch.roster) if (sees(id)) seen++;
  const total = watch.roster.size + (watch.roster.has(self.id) ? 0 : 1);
  if (!watch.roster.has(self.id)) seen++;
  return 2 * seen > total || (2 * seen === total && sees(lowest));
}
