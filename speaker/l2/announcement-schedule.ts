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
  /** Index of the address that comes next in this round. */
  readonly next: number;
  /** When this round began or shall begin. */
  readonly startMs: number;
}

export interface AnnouncementSchedule {
  /** Which batch an answered address was taken with. */
  readonly batchOf: ReadonlyMap<Ip, number>;
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

/** `answered` is the whole set, most important first; those that were not in it before are announced. */
export function schedule(state: AnnouncementSchedule, answered: readonly Ip[], nowMs: number): AnnouncementSchedule {
  const taken = answered.filter((ip) => !state.batchOf.has(ip));
  if (taken.length === 0 && answered.length === state.batchOf.size) return state;
  const id = state.lastId + 1;
  const batchOf = new Map(answered.map((ip) => [ip, state.batchOf.get(ip) ?? id]));
  const batches =
    taken.length === 0
      ? state.batches
      : [...state.batches, { id, addresses: taken, round: 0, next: 0, startMs: nowMs }];
  return { ...state, batchOf, batches: batches.slice(-maxBatches), lastId: id };
}

/** Begins anew for every address: those who cached the old MAC or missed the link are told. */
export function rescheduleAll(state: AnnouncementSchedule, nowMs: number): AnnouncementSchedule {
  return schedule({ ...state, batchOf: new Map(), batches: [] }, [...state.batchOf.keys()], nowMs);
}

/** Nothing is announced until the next `rescheduleAll`. */
export function suspend(state: AnnouncementSchedule): AnnouncementSchedule {
  return { ...state, batches: [] };
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
    if (advanced.batch !== undefined) batches.push(advanced.batch);
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
  if (spacingMs === undefined) return { batch: undefined, due, frames };
  return { batch: { ...batch, round: batch.round + 1, next: 0, startMs: startMs + spacingMs }, due, frames };
}
