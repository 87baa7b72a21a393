import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { mergeSpans, spansOf } from '#speaker/l2/spans.ts';

test.each([
  ['nothing', [], []],
  ['one number', [7], [{ first: 7, last: 7 }]],
  ['neighbours, unordered and repeated', [9, 7, 8, 7], [{ first: 7, last: 9 }]],
  [
    'numbers apart',
    [1, 3, 4],
    [
      { first: 1, last: 1 },
      { first: 3, last: 4 },
    ],
  ],
  ['the ends of the range', [0xffffffff, 0], [{ first: 0, last: 0 }, { first: 0xffffffff, last: 0xffffffff }]], // prettier-ignore
])('spans of %s', (_, values, spans) => {
  expect(spansOf(values)).toEqual(spans);
});

test('merging closes the narrowest gaps, of equal ones the lower', () => {
  const spans = spansOf([0, 10, 12, 20, 22, 100]);
  expect(mergeSpans(spans, 6)).toEqual(spans);
  expect(mergeSpans(spans, 5)).toEqual(spansOf([0, 10, 11, 12, 20, 22, 100]));
  expect(mergeSpans(spans, 3)).toEqual([
    { first: 0, last: 0 },
    { first: 10, last: 22 },
    { first: 100, last: 100 },
  ]);
  expect(mergeSpans(spans, 1)).toEqual([{ first: 0, last: 100 }]);
});

test('merged spans are few, ascending, apart, and cover everything', () => {
  const values = fc.array(fc.nat(0xffffffff), { maxLength: 200 });
  fc.assert(
    fc.property(values, fc.integer({ min: 1, max: 50 }), (numbers, most) => {
      const merged = mergeSpans(spansOf(numbers), most);
      expect(merged.length).toBeLessThanOrEqual(most);
      for (const number of numbers) {
        expect(merged.filter(({ first, last }) => first <= number && number <= last)).toHaveLength(1);
      }
      for (const [at, span] of merged.entries()) expect(span.first).toBeGreaterThan((merged[at - 1]?.last ?? -2) + 1);
    }),
  );
});
