// Routes of one family, immutable: prefixes in ascending order, in chunks. What is made from another one shares the chunks that are alike, so
// that changing a route and finding what has changed cost what the change costs, among 100,000 routes as among ten.
import type { EncodedPrefix } from './nlri.ts';
import type { AttributeSet } from './route-attributes.ts';

export interface FamilyRoutes {
  readonly chunks: readonly Chunk[];
  readonly size: number;
  /** By key, in the order in which they came, with the number of their prefixes. */
  readonly sets: ReadonlyMap<string, Usage>;
}

/** At least one prefix, ascending, with what each is announced with at the same place. */
interface Chunk {
  readonly prefixes: readonly EncodedPrefix[];
  readonly sets: readonly AttributeSet[];
}

interface Usage {
  readonly set: AttributeSet;
  readonly prefixes: number;
}

/** Undefined: no route any more. */
export type RouteChanges = ReadonlyMap<EncodedPrefix, AttributeSet | undefined>;

/** A chunk is copied for each change in it, and the list of chunks for any change. */
const mostInChunk = 512;
const newChunk = 256;

export const noRoutes: FamilyRoutes = { chunks: [], size: 0, sets: new Map() };

/** Exactly these; shares with `before` what is alike, and is `before` itself when all is. */
export function familyRoutes(routes: ReadonlyMap<EncodedPrefix, AttributeSet>, before = noRoutes): FamilyRoutes {
  const changes = new Map<EncodedPrefix, AttributeSet | undefined>(routes);
  for (const { prefixes } of before.chunks) {
    for (const prefix of prefixes) if (!routes.has(prefix)) changes.set(prefix, undefined);
  }
  const after = withChanges(before, changes);
  return after === before ? before : { ...after, sets: inOrderOf(routes, after.sets) };
}

function inOrderOf(routes: ReadonlyMap<EncodedPrefix, AttributeSet>, sets: FamilyRoutes['sets']): FamilyRoutes['sets'] {
  const ordered = new Map<string, Usage>();
  for (const { key } of routes.values()) {
    const usage = sets.get(key);
    if (usage !== undefined) ordered.set(key, usage);
  }
  return ordered;
}

export function withChanges(before: FamilyRoutes, changes: RouteChanges): FamilyRoutes {
  const ordered = [...changes.keys()].toSorted();
  const sets = new Map(before.sets);
  const chunks: Chunk[] = [];
  let size = before.size;
  let start = 0;
  // What comes before the first chunk goes into it.
  for (const [at, chunk] of (before.chunks.length === 0 ? [emptyChunk] : before.chunks).entries()) {
    const next = before.chunks[at + 1]?.prefixes[0];
    const end = firstFrom(next, ordered, start);
    const merged = end === start ? chunk : merge(chunk, ordered.slice(start, end), changes, sets);
    size += merged.prefixes.length - chunk.prefixes.length;
    if (merged.prefixes.length <= mostInChunk) {
      if (merged.prefixes.length > 0) chunks.push(merged);
    } else chunks.push(...split(merged));
    start = end;
  }
  const isSame = chunks.length === before.chunks.length && chunks.every((chunk, at) => chunk === before.chunks[at]);
  return isSame ? before : { chunks, size, sets };
}

/** Index of the first from `start` on that is not below `limit`. */
function firstFrom(limit: EncodedPrefix | undefined, ordered: readonly EncodedPrefix[], start: number): number {
  if (limit === undefined) return ordered.length;
  let end = start;
  while ((ordered[end] ?? limit) < limit) end++;
  return end;
}

const emptyChunk: Chunk = { prefixes: [], sets: [] };

/** The chunk itself when the changes change nothing. Keeps count in `usage`. */
function merge(
  chunk: Chunk,
  changed: readonly EncodedPrefix[],
  changes: RouteChanges,
  usage: Map<string, Usage>,
): Chunk {
  const prefixes: EncodedPrefix[] = [];
  const sets: AttributeSet[] = [];
  let isSame = true;
  let at = 0;
  const keep = (until: EncodedPrefix | undefined): void => {
    for (; at < chunk.prefixes.length; at++) {
      const [prefix, set] = [chunk.prefixes[at], chunk.sets[at]];
      if (prefix === undefined || set === undefined || (until !== undefined && prefix >= until)) return;
      prefixes.push(prefix);
      sets.push(set);
    }
  };
  for (const prefix of changed) {
    keep(prefix);
    const before = chunk.prefixes[at] === prefix ? chunk.sets[at++] : undefined;
    const after = changes.get(prefix);
    const kept = before !== undefined && before.key === after?.key ? before : after;
    if (kept !== undefined) {
      prefixes.push(prefix);
      sets.push(kept);
    }
    if (kept === before) continue;
    isSame = false;
    if (after !== undefined) count(usage, after, 1);
    if (before !== undefined) count(usage, before, -1);
  }
  keep(undefined);
  return isSame ? chunk : { prefixes, sets };
}

function count(usage: Map<string, Usage>, set: AttributeSet, more: number): void {
  const prefixes = (usage.get(set.key)?.prefixes ?? 0) + more;
  if (prefixes === 0) usage.delete(set.key);
  else usage.set(set.key, { set, prefixes });
}

function split({ prefixes, sets }: Chunk): readonly Chunk[] {
  return Array.from({ length: Math.ceil(prefixes.length / newChunk) }, (_, index) => {
    const [from, to] = [index * newChunk, (index + 1) * newChunk];
    return { prefixes: prefixes.slice(from, to), sets: sets.slice(from, to) };
  });
}

/** What the prefix is announced with; undefined: it is not. */
export function attributesOf({ chunks }: FamilyRoutes, prefix: EncodedPrefix): AttributeSet | undefined {
  const at = lastAtMost(chunks.length, (index) => chunks[index]?.prefixes[0] ?? prefix, prefix);
  const chunk = chunks[at];
  if (chunk === undefined) return undefined;
  const within = lastAtMost(chunk.prefixes.length, (index) => chunk.prefixes[index] ?? prefix, prefix);
  return chunk.prefixes[within] === prefix ? chunk.sets[within] : undefined;
}

/** Index of the last of ascending prefixes that is not beyond; −1: all are. */
function lastAtMost(length: number, prefixAt: (index: number) => EncodedPrefix, prefix: EncodedPrefix): number {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (prefixAt(middle) <= prefix) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

export interface Differences {
  /** Not there before, or otherwise: by attributes, those first that came first; prefixes ascending. */
  readonly changed: readonly (readonly [AttributeSet, readonly EncodedPrefix[]])[];
  /** Ascending. */
  readonly gone: readonly EncodedPrefix[];
}

export function differences(before: FamilyRoutes, after: FamilyRoutes): Differences {
  // A session begins and ends with these.
  if (after.size === 0) return { changed: [], gone: allPrefixes(before) };
  const [only, ...others] = after.sets.values();
  if (before.size === 0 && only !== undefined && others.length === 0) {
    return { changed: [[only.set, allPrefixes(after)]], gone: [] };
  }
  const gone: EncodedPrefix[] = [];
  const changed = new Map<string, readonly [AttributeSet, EncodedPrefix[]]>();
  let last: readonly [AttributeSet, EncodedPrefix[]] | undefined;
  const change = (prefix: EncodedPrefix, set: AttributeSet): void => {
    // Neighbours mostly have the same attributes.
    if (last === undefined || last[0] !== set) {
      last = changed.get(set.key) ?? [set, []];
      changed.set(set.key, last);
    }
    last[1].push(prefix);
  };
  // Places in both: index of the chunk, and in it.
  let [oldIndex, oldAt, nowIndex, nowAt] = [0, 0, 0, 0];
  for (;;) {
    const [old, now] = [before.chunks[oldIndex], after.chunks[nowIndex]];
    if (old === undefined && now === undefined) break;
    if (old === now && oldAt === 0 && nowAt === 0) {
      oldIndex++;
      nowIndex++;
      continue;
    }
    const was = old?.prefixes[oldAt];
    const is = now?.prefixes[nowAt];
    const set = now?.sets[nowAt];
    if (was !== undefined && (is === undefined || was <= is)) {
      if (was !== is) gone.push(was);
      else if (set !== undefined && old?.sets[oldAt]?.key !== set.key) change(is, set);
      oldAt++;
      if (oldAt === old?.prefixes.length) [oldIndex, oldAt] = [oldIndex + 1, 0];
    } else if (is !== undefined && set !== undefined) change(is, set);
    if (is !== undefined && (was === undefined || is <= was)) {
      nowAt++;
      if (nowAt === now?.prefixes.length) [nowIndex, nowAt] = [nowIndex + 1, 0];
    }
  }
  if (changed.size < 2) return { changed: [...changed.values()], gone };
  const inOrder = [...after.sets.keys()].map((key) => changed.get(key));
  return { changed: inOrder.filter((group) => group !== undefined), gone };
}

function allPrefixes({ chunks }: FamilyRoutes): readonly EncodedPrefix[] {
  return chunks.flatMap(({ prefixes }) => prefixes);
}

/** Looks at every route. */
export function withoutSets(routes: FamilyRoutes, keys: ReadonlySet<string>): FamilyRoutes {
  const changes = new Map<EncodedPrefix, undefined>();
  for (const { prefixes, sets } of routes.chunks) {
    for (const [at, prefix] of prefixes.entries()) if (keys.has(sets[at]?.key ?? '')) changes.set(prefix, undefined);
  }
  return withChanges(routes, changes);
}

/** The same prefixes, each with what `change` makes of its attributes. Looks at every route. */
export function withSets(routes: FamilyRoutes, change: (set: AttributeSet) => AttributeSet): FamilyRoutes {
  const changed = new Map<string, AttributeSet>();
  const sets = new Map<string, Usage>();
  for (const [key, { set, prefixes }] of routes.sets) {
    const after = change(set);
    changed.set(key, after);
    count(sets, after, prefixes);
  }
  const chunks = routes.chunks.map((chunk) => ({
    prefixes: chunk.prefixes,
    sets: chunk.sets.map((set) => changed.get(set.key) ?? set),
  }));
  return { chunks, size: routes.size, sets };
}

export function* prefixesOf({ chunks }: FamilyRoutes): Iterable<EncodedPrefix> {
  for (const { prefixes } of chunks) yield* prefixes;
}
