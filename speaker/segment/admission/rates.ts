// How many datagrams a segment takes: 500 a second of one source, 5,000 in all (layer2 §8). Beyond that they are not even looked at.
import type { Ip } from '#shared/net/ip.ts';
import { fullBucket, refill, type TokenBucket, type TokenBucketLimit } from '#shared/runtime/token-bucket.ts';

/** Changed in place: every datagram comes by two of them. */
type Bucket = { -readonly [Field in keyof TokenBucket]: TokenBucket[Field] };

export interface Rates {
  readonly all: Bucket;
  readonly bySource: Map<Ip, Bucket>;
}

const sourceLimit: TokenBucketLimit = { perSecond: 500, burst: 500 };
const segmentLimit: TokenBucketLimit = { perSecond: 5_000, burst: 5_000 };
/** Who comes from more addresses than this makes the segment forget how much the longest silent ones have sent. */
const maxSources = 2_048;

export function newRates(nowMs: number): Rates {
  return { all: fullBucket(segmentLimit, nowMs), bySource: new Map() };
}

export function takeToken(rates: Rates, source: Ip, nowMs: number): boolean {
  const { all, bySource } = rates;
  fill(all, segmentLimit, nowMs);
  if (all.tokens < 1) return false;
  const own = bySource.get(source) ?? newSource(rates, source, nowMs);
  fill(own, sourceLimit, nowMs);
  if (own.tokens < 1) return false;
  own.tokens--;
  all.tokens--;
  return true;
}

function fill(bucket: Bucket, limit: TokenBucketLimit, nowMs: number): void {
  bucket.tokens = refill(bucket, limit, nowMs).tokens;
  bucket.atMs = nowMs;
}

function newSource(rates: Rates, source: Ip, nowMs: number): Bucket {
  const { bySource } = rates;
  if (bySource.size >= maxSources) forgetOldest(rates);
  const bucket: Bucket = fullBucket(sourceLimit, nowMs);
  bySource.set(source, bucket);
  return bucket;
}

function forgetOldest({ bySource }: Rates): void {
  for (const oldest of bySource.keys()) {
    bySource.delete(oldest);
    return;
  }
}
