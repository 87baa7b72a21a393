// When something was last seen, and when it was last seen of anybody else: answers «of somebody other than X» for every X.

export interface LastTwo<Key> {
  latest: { readonly key: Key; readonly atMs: number } | undefined;
  other: { readonly key: Key; readonly atMs: number } | undefined;
}

export function noneSeen<Key>(): LastTwo<Key> {
  return { latest: undefined, other: undefined };
}

export function noteSeen<Key>(seen: LastTwo<Key>, key: Key, atMs: number): void {
  if (seen.latest !== undefined && seen.latest.key !== key) seen.other = seen.latest;
  seen.latest = { key, atMs };
}

/** −Infinity: never. */
export function lastSeenOtherThan<Key>({ latest, other }: LastTwo<Key>, key: Key | undefined): number {
  return (latest?.key === key ? other : latest)?.atMs ?? -Infinity;
}
