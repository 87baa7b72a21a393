// Writes that wait: for each key the newest only, the most urgent first, and each that failed after a back-off of its own. Knows no time and
// sends nothing: the write queue asks it what is next and tells it what came of it.
import assert from 'node:assert';
import { deepEqual } from '../runtime/equal.ts';
import { priorities, type Priority, type Write } from './write.ts';

export interface Entry {
  readonly key: string;
  readonly write: Write;
  readonly state: 'ready' | 'inFlight' | 'waiting';
  readonly sinceMs: number;
  /** In a row. */
  readonly failures: number;
  /** An earlier attempt may have been done. */
  readonly uncertain: boolean;
  /** What follows the write in flight. */
  readonly next: Write | undefined;
}

export const mostKeys = 20_000;

export class RetryQueue {
  readonly #entries = new Map<string, Entry>();
  readonly #ready = new Map<Priority, Map<string, Entry>>(priorities.map((priority) => [priority, new Map()]));
  #inFlight = 0;

  get size(): number {
    return this.#entries.size;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get(key: string): Entry | undefined {
    return this.#entries.get(key);
  }

  /** Takes the place of what waits for the key. Answers with the writes that will not be sent because of it. */
  add(write: Write, nowMs: number): readonly Write[] {
    const old = this.#entries.get(write.key);
    if (old === undefined) {
      const victims = this.#makeRoom(write);
      if (!victims.includes(write)) this.#put(newEntry(write, nowMs));
      return victims;
    }
    if (old.state === 'inFlight') {
      this.#put({ ...old, next: write });
      return old.next === undefined ? [] : [old.next];
    }
    const same = deepEqual(old.write.request, write.request) && old.write.priority === write.priority;
    this.#put(same ? { ...old, write } : newEntry(write, nowMs));
    return [old.write];
  }

  /** Forgets what waits for the key. */
  remove(key: string): void {
    const entry = this.#entries.get(key);
    if (entry?.state === 'inFlight') this.#put({ ...entry, next: undefined });
    else if (entry !== undefined) this.#delete(entry);
  }

  /** Forgets this very write if it waits; others of its key are somebody else's. False when it is in flight. */
  recall(write: Write): boolean {
    const entry = this.#entries.get(write.key);
    if (entry?.next === write) this.#put({ ...entry, next: undefined });
    if (entry?.write !== write) return true;
    if (entry.state === 'inFlight') return false;
    this.#delete(entry);
    return true;
  }

  /** All that waits, which is forgotten. */
  clear(): readonly Write[] {
    const writes: Write[] = [];
    for (const entry of this.#entries.values()) {
      const write = entry.state === 'inFlight' ? entry.next : entry.write;
      if (write !== undefined) writes.push(write);
      this.remove(entry.key);
    }
    return writes;
  }

  /** The most urgent that is ready and allowed; it is in flight then. */
  take(allows: (priority: Priority) => boolean): Entry | undefined {
    for (const [priority, ready] of this.#ready) {
      const [first] = ready.values();
      if (first === undefined || !allows(priority)) continue;
      return this.#put({ ...first, state: 'inFlight' });
    }
    return undefined;
  }

  hasReady(): boolean {
    return this.#ready.values().some((ready) => ready.size > 0);
  }

  /** The write in flight is over, whatever came of it; what follows it is ready. */
  end(key: string, nowMs: number, { uncertain }: { readonly uncertain: boolean }): void {
    const entry = this.#inFlightEntry(key);
    this.#delete(entry);
    if (entry.next !== undefined) this.#put({ ...newEntry(entry.next, nowMs), uncertain });
  }

  /** The write in flight has to be sent again after a while, unless something follows it. True when it waits now. */
  fail(key: string, nowMs: number, { uncertain }: { readonly uncertain: boolean }): boolean {
    const entry = this.#inFlightEntry(key);
    if (entry.next !== undefined) {
      this.end(key, nowMs, { uncertain });
      return false;
    }
    this.#put({ ...entry, state: 'waiting', failures: entry.failures + 1, uncertain });
    return true;
  }

  /** The back-off of the key is over. */
  wake(key: string): void {
    const entry = this.#entries.get(key);
    if (entry?.state === 'waiting') this.#put({ ...entry, state: 'ready' });
  }

  /** When the oldest write was added. */
  oldestMs(): number | undefined {
    let oldestMs: number | undefined;
    for (const { sinceMs } of this.#entries.values()) oldestMs = Math.min(oldestMs ?? sinceMs, sinceMs);
    return oldestMs;
  }

  #inFlightEntry(key: string): Entry {
    const entry = this.#entries.get(key);
    assert(entry?.state === 'inFlight', `${key} is not in flight`);
    return entry;
  }

  /** When it is full the least urgent goes, the newcomer included. */
  #makeRoom(newcomer: Write): readonly Write[] {
    if (this.#entries.size < mostKeys) return [];
    for (const priority of priorities.toReversed()) {
      if (priority === newcomer.priority) break;
      const [first] = this.#ready.get(priority)?.values() ?? [];
      if (first === undefined) continue;
      this.#delete(first);
      return [first.write];
    }
    return [newcomer];
  }

  #put(entry: Entry): Entry {
    const old = this.#entries.get(entry.key);
    this.#count(old, -1);
    this.#count(entry, 1);
    const staysReady = old?.state === 'ready' && entry.state === 'ready' && old.write.priority === entry.write.priority;
    if (old?.state === 'ready' && !staysReady) this.#ready.get(old.write.priority)?.delete(entry.key);
    if (entry.state === 'ready') this.#ready.get(entry.write.priority)?.set(entry.key, entry);
    this.#entries.set(entry.key, entry);
    return entry;
  }

  #delete(entry: Entry): void {
    this.#count(entry, -1);
    if (entry.state === 'ready') this.#ready.get(entry.write.priority)?.delete(entry.key);
    this.#entries.delete(entry.key);
  }

  #count(entry: Entry | undefined, change: 1 | -1): void {
    if (entry?.state === 'inFlight') this.#inFlight += change;
  }
}

function newEntry(write: Write, nowMs: number): Entry {
  return {
    key: write.key,
    write,
    state: 'ready',
    sinceMs: nowMs,
    failures: 0,
    uncertain: false,
    next: undefined,
  };
}
