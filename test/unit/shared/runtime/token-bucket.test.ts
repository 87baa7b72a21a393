import { expect, test } from 'vitest';
import { fullBucket, refill } from '#shared/runtime/token-bucket.ts';

const limit = { perSecond: 500, burst: 100 };

test.each([
  [0, 0, 0],
  [0, 20, 10],
  [50, 100, 100],
  [50, 100_000, 100],
])('with %i tokens, %i ms later there are %i', (tokens, elapsedMs, expected) => {
  expect(refill({ tokens, atMs: 1000 }, limit, 1000 + elapsedMs)).toEqual({ tokens: expected, atMs: 1000 + elapsedMs });
});

test('a new bucket is full', () => {
  expect(fullBucket(limit, 7)).toEqual({ tokens: 100, atMs: 7 });
});
