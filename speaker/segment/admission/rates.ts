// How many datagrams a segment takes: 500 a second of one source, 5,000 in all (layer2 §8). Beyond that they are not even looked at.
import type { Ip } from '#shared/net/ip.ts';
import { fullBucket, refill, type TokenBucket, type TokenBucketLimit } from '#shared/runtime/token-bucket.ts';

export interface Rates {
  all: TokenBucket;
  readonly bySource: Map<Ip, TokenBucket>;
}

const sourceLimit: TokenBucketLimit = { perSecond: 500, burst: 500 };
const segmentLimit: TokenBucketLimit = { perSecond: 5_000, burst: 5_000 };
/** Who comes from more addresses than this makes the segment forget how much the longest silent ones have sent. */
const maxSources = 2_048;

export function newRates(nowMs: number): Rates {
  return { all: fullBucket(segmentLimit, nowMs), bySource: new Map() };
}

export function takeToken(rates: Rates, source: Ip, nowMs: number): boolean {
  const known = rates.bySource.get(source);
  const own = known === undefined ? fullBucket(sourceLimit, nowMs) : refill(known, sourceLimit, nowMs);
  const all = refill(rates.all, segmentLimit, nowMs);
  const isWithin = own.tokens >= 1 && all.tokens >= 1;
  if (isWithin) {
    if (known === undefined && rates.bySource.size >= maxSources) forgetOldest(rates);
    rates.bySource.set(source, { ...own, tokens: own.tokens - 1 });
    rates.all = { ...all, tokens: all.tokens - 1 };
  }
  return isWithin;
}

function forgetOldest({ bySource }: Rates): void {
  for (const oldest of bySource.keys()) {
    bySource.delete(oldest);
    return;
  }
}
