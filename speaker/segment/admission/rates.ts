// How many datagrams a segment takes: 500 a second of one source, 5,000 in all (layer2 §8). Beyond that they are not even looked at.
import type { Ip } from '#shared/net/ip.ts';
import type { TokenBucketLimit } from '#shared/runtime/token-bucket.ts';

/** Changed in place: every datagram comes by two of them. */
interface Bucket {
  tokens: number;
  atMs: number;
}

export interface Rates {
  readonly all: Bucket;
  readonly bySource: Map<Ip, Bucket>;
}

const sourceLimit: TokenBucketLimit = { perSecond: 500, burst: 500 };
const segmentLimit: TokenBucketLimit = { perSecond: 5_000, burst: 5_000 };
/** Who comes from more addresses than this makes the segment forget how much the longest silent ones have sent. */
const maxSources = 2_048;

export function newRates(nowMs: number): Rates {
  return { all: { tokens: segmentLimit.burst, atMs: nowMs }, bySource: new Map() };
}

export function takeToken(rates: Rates, source: Ip, nowMs: number): boolean {
  const { all, bySource } = rates;
  refill(all, segmentLimit, nowMs);
  if (all.tokens < 1) return false;
  const own = bySource.get(source) ?? newSource(rates, source, nowMs);
  refill(own, sourceLimit, nowMs);
  if (own.tokens < 1) return false;
  own.tokens--;
  all.tokens--;
  return true;
}

function refill(bucket: Bucket, { perSecond, burst }: TokenBucketLimit, nowMs: number): void {
  bucket.tokens = Math.min(burst, bucket.tokens + ((nowMs - bucket.atMs) * perSecond) / 1000);
  bucket.atMs = nowMs;
}

function newSource(rates: Rates, source: Ip, nowMs: number): Bucket {
  const { bySource } = rates;
  if (bySource.size >= maxSources) forgetOldest(rates);
  const bucket = { tokens: sourceLimit.burst, atMs: nowMs };
  bySource.set(source, bucket);
  return bucket;
}

function forgetOldest({ bySource }: Rates): void {
  for (const oldest of bySource.keys()) {
    bySource.delete(oldest);
    return;
  }
}
