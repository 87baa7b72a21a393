// When which address is announced: six rounds after it was taken, paced, in the order given. Clients that lose some frames hear the others;
// switch control planes that drop bursts are not given any.
//
// Addresses taken together form a batch and go through the rounds together. An address that was lost meanwhile, or taken anew (then a
// younger batch has it), is passed over.
import assert from 'node:assert';
import { familyOf, type Family, type Ip } from '#shared/net/ip.ts';
import { fullBucket, refill, type TokenBucket, type TokenBucketLimit } from '#shared/runtime/token-bucket.ts';

/** From the start of one round to the start of the next: rounds at 0, 0.1, 1.1, 2.2, 3.3 and 4.4 s. */
const roundSpacingMs = [100, 1000, 1100, 1100, 1100] as const;

const lastRoundOf = { all: roundSpacingMs.length, first: 0 } as const;

/** In frames. */
const firstRoundLimit: TokenBucketLimit = { perSecond: 5000, burst: 100 };
const repeatLimit: TokenBucketLimit = { perSecond: 500, burst: 100 };
/** ARP: request form and reply form; NDP: an advertisement. */
const framesPerAnnouncement: Readonly<Record<Family, number>> = { IPv4: 2, IPv6: 1 };
/** A round that waits for its pace goes on this often. */
const paceMs = 10;
/** More batches under way than this: the oldest, announced most often already, ends early. */
export const maxBatches = 256;

interface Batch {
  readonly id: number;
  readonly addresses: readonly Ip[];
  readonly round: number;
  readonly lastRound: number;
  /** Index of the address that comes next in this round. */
  readonly next: number;
  /** When this round began or shall begin. */
  readonly startMs: number;
}

export interface AnnouncementSchedule {
  /** The youngest batch of each address that is still to be announced. Large, and changed in place. */
  readonly batchOf: Map<Ip, number>;
  readonly batches: readonly Batch[];
  readonly lastId: number;
  readonly firstRound: TokenBucket;
  readonly repeats: TokenBucket;
}

export function emptySchedule(nowMs: number): AnnouncementSchedule {
  return {
    batchOf: new Map(),
    batches: [],
    lastId: 0,
    firstRound: fullBucket(firstRoundLimit, nowMs),
    repeats: fullBucket(repeatLimit, nowMs),
  };
}

/** All rounds of it, or only the first, begin now; most important address first. What is in the midst of all its rounds begins them anew. */
export function schedule(
  state: AnnouncementSchedule,
  addresses: readonly Ip[],
  rounds: 'all' | 'first',
  nowMs: number,
): AnnouncementSchedule {
  if (rounds === 'all') return addBatch(state, addresses, lastRoundOf.all, nowMs);
  const ofAllRounds = new Set(
    state.batches.flatMap(({ id, lastRound }) => (lastRound === lastRoundOf.all ? [id] : [])),
  );
  const isUnderWay = (ip: Ip): boolean => ofAllRounds.has(state.batchOf.get(ip) ?? 0);
  const [anew, once] = [addresses.filter(isUnderWay), addresses.filter((ip) => !isUnderWay(ip))];
  return addBatch(addBatch(state, anew, lastRoundOf.all, nowMs), once, lastRoundOf.first, nowMs);
}

function addBatch(
  state: AnnouncementSchedule,
  addresses: readonly Ip[],
  lastRound: number,
  nowMs: number,
): AnnouncementSchedule {
  if (addresses.length === 0) return state;
  const youngest = state.batches.at(-1);
  if (youngest !== undefined && isJoinable(youngest, lastRound, nowMs)) {
    const toCome = new Set([...youngest.addresses.slice(youngest.next), ...addresses]);
    for (const ip of addresses) state.batchOf.set(ip, youngest.id);
    const joined = { ...youngest, addresses: [...youngest.addresses.slice(0, youngest.next), ...toCome] };
    return { ...state, batches: [...state.batches.slice(0, -1), joined] };
  }
  const id = state.lastId + 1;
  for (const ip of addresses) state.batchOf.set(ip, id);
  const batches = [...state.batches, { id, addresses, round: 0, lastRound, next: 0, startMs: nowMs }];
  for (const batch of batches.slice(0, -maxBatches)) forget(state.batchOf, batch);
  return { ...state, batches: batches.slice(-maxBatches), lastId: id };
}

/** It is still waiting for its pace: many that come one by one while it does become one batch. */
function isJoinable(batch: Batch, lastRound: number, nowMs: number): boolean {
  return batch.round === 0 && batch.lastRound === lastRound && nowMs - batch.startMs < roundSpacingMs[0];
}

/** These are not announced any more. */
export function unschedule(state: AnnouncementSchedule, addresses: readonly Ip[]): void {
  for (const ip of addresses) state.batchOf.delete(ip);
}

/** Nothing is announced any more. */
export function unscheduleAll(state: AnnouncementSchedule): AnnouncementSchedule {
  return { ...state, batchOf: new Map(), batches: [] };
}

/** How many addresses are still to be announced for the first time. */
export function waitingForFirstRound({ batches, batchOf }: AnnouncementSchedule): number {
  let waiting = 0;
  for (const { id, round, next, addresses } of batches) {
    if (round > 0) continue;
    for (const ip of addresses.slice(next)) if (batchOf.get(ip) === id) waiting++;
  }
  return waiting;
}

/** The addresses whose announcement is due and within the pace, in order. */
export function takeDue(
  state: AnnouncementSchedule,
  nowMs: number,
): { readonly schedule: AnnouncementSchedule; readonly due: readonly Ip[] } {
  const due: Ip[] = [];
  const batches: Batch[] = [];
  let firstRound = refill(state.firstRound, firstRoundLimit, nowMs);
  let repeats = refill(state.repeats, repeatLimit, nowMs);
  for (const batch of state.batches) {
    const bucket = batch.round === 0 ? firstRound : repeats;
    const advanced = advance(batch, state.batchOf, bucket.tokens, nowMs);
    due.push(...advanced.due);
    const rest = { ...bucket, tokens: bucket.tokens - advanced.frames };
    if (batch.round === 0) firstRound = rest;
    else repeats = rest;
    if (advanced.batch === undefined) forget(state.batchOf, batch);
    else batches.push(advanced.batch);
  }
  return { schedule: { ...state, batches, firstRound, repeats }, due };
}

/** When `takeDue` is to be called next; undefined when every address has been announced six times. */
export function nextDueMs(state: AnnouncementSchedule, nowMs: number): number | undefined {
  let earliestMs: number | undefined;
  for (const { startMs } of state.batches) {
    const atMs = Math.max(startMs, nowMs + (startMs > nowMs ? 0 : paceMs));
    if (earliestMs === undefined || atMs < earliestMs) earliestMs = atMs;
  }
  return earliestMs;
}

/** Nothing more comes of the batch. */
function forget(batchOf: Map<Ip, number>, { id, addresses }: Batch): void {
  for (const ip of addresses) if (batchOf.get(ip) === id) batchOf.delete(ip);
}

/** Takes addresses of the batch's round, if that has begun, for up to `most` frames; the batch is undefined when its last round is over. */
function advance(
  batch: Batch,
  batchOf: ReadonlyMap<Ip, number>,
  most: number,
  nowMs: number,
): { readonly batch: Batch | undefined; readonly due: readonly Ip[]; readonly frames: number } {
  if (batch.startMs > nowMs) return { batch, due: [], frames: 0 };
  const due: Ip[] = [];
  let frames = 0;
  let next = batch.next;
  for (; next < batch.addresses.length; next++) {
    const ip = batch.addresses[next];
    assert(ip !== undefined);
    if (batchOf.get(ip) !== batch.id) continue;
    const wanted = framesPerAnnouncement[familyOf(ip)];
    if (frames + wanted > most) break;
    frames += wanted;
    due.push(ip);
  }
  // A round that begins late moves the later ones: what was missed is not made up for in a burst.
  const startMs = batch.next === 0 && due.length > 0 ? nowMs : batch.startMs;
  if (next < batch.addresses.length) return { batch: { ...batch, next, startMs }, due, frames };
  const spacingMs = roundSpacingMs[batch.round];
  if (spacingMs === undefined || batch.round === batch.lastRound) return { batch: undefined, due, frames };
  return { batch: { ...batch, round: batch.round + 1, next: 0, startMs: startMs + spacingMs }, due, frames };
}
