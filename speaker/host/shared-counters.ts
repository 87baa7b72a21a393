// The memory that the two threads share: when each last ran, and how many messages it has taken from the other. Nothing else.

export type ThreadName = 'cluster' | 'wire';

const layout = {
  beat: { cluster: 0, wire: 1 },
  messagesTaken: { cluster: 2, wire: 3 },
} as const;
const counters = 4;

export function newSharedCounters(): BigInt64Array<SharedArrayBuffer> {
  return new BigInt64Array(new SharedArrayBuffer(counters * BigInt64Array.BYTES_PER_ELEMENT));
}

export type SharedCounters = BigInt64Array<SharedArrayBuffer>;

/** `nowNs` is of the clock that does not jump (CLOCK_MONOTONIC). */
export function beat(shared: SharedCounters, own: ThreadName, nowNs: bigint): void {
  Atomics.store(shared, layout.beat[own], nowNs);
}

/** Zero before its first beat. */
export function lastBeat(shared: SharedCounters, of: ThreadName): bigint {
  return Atomics.load(shared, layout.beat[of]);
}

export function countTaken(shared: SharedCounters, own: ThreadName): void {
  Atomics.add(shared, layout.messagesTaken[own], 1n);
}

export function taken(shared: SharedCounters, by: ThreadName): number {
  return Number(Atomics.load(shared, layout.messagesTaken[by]));
}
