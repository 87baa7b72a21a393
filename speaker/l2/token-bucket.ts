// A token bucket: so many at once, so many a second.

export interface TokenBucketLimit {
  readonly perSecond: number;
  readonly burst: number;
}

export interface TokenBucket {
  readonly tokens: number;
  readonly atMs: number;
}

export function fullBucket(limit: TokenBucketLimit, nowMs: number): TokenBucket {
  return { tokens: limit.burst, atMs: nowMs };
}

/** What is in it at `nowMs`, which is not before the last time it was looked at. */
export function refill(bucket: TokenBucket, limit: TokenBucketLimit, nowMs: number): TokenBucket {
  const gained = ((nowMs - bucket.atMs) * limit.perSecond) / 1000;
  return { tokens: Math.min(limit.burst, bucket.tokens + gained), atMs: nowMs };
}
