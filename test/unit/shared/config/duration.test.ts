import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseDurationMs } from '#shared/config/duration.ts';

test.each([
  ['0', 0],
  ['0s', 0],
  ['90s', 90_000],
  ['1m30s', 90_000],
  ['1h0.5m', 3_630_000],
  ['1.5s', 1_500],
  ['250ms', 250],
  ['1500us', 1.5],
  ['2000µs', 2],
  ['1000000ns', 1],
])('%s is %d ms', (text, expected) => {
  expect(parseDurationMs(text)).toBeCloseTo(expected, 9);
});

test.each(['', '90', '-5s', '1d', 's', '1s ', ' 1s', '1.s', '.5s', '1,5s', '1s-1s', '1S'])('%j is none', (text) => {
  expect(parseDurationMs(text)).toBeUndefined();
});

test('any text is a finite number or nothing', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^([0-9]{1,20}[a-z]{1,2}){1,3}$/)), (text) => {
      expect(parseDurationMs(text) ?? 0).toBeGreaterThanOrEqual(0);
    }),
  );
});
