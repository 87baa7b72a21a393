import { expect, test } from 'vitest';
import { afterAnswer, afterTrouble, newWindow, type WriteWindow } from '#shared/kube/write-window.ts';

const limits = { least: 4, most: 32 };

function answers(window: WriteWindow, count: number, tookMs: number): WriteWindow {
  let next = window;
  for (let index = 0; index < count; index++) next = afterAnswer(next, limits, tookMs);
  return next;
}

test('it begins small and doubles with each round of quick answers, up to a bound', () => {
  const window = newWindow(limits);
  expect(window.size).toBe(4);
  expect(answers(window, 1, 5).size).toBe(5);
  expect(answers(window, 4, 5).size).toBe(8);
  expect(answers(window, 4 + 8, 5).size).toBe(16);
  expect(answers(window, 5_000, 5).size).toBe(32);
});

test('once it was too large it grows by one a round', () => {
  let window = answers(newWindow(limits), 5_000, 5);
  for (let index = 0; index < 32; index++) window = afterTrouble(window, limits);
  expect(window.size).toBe(16);
  expect(answers(window, 15, 5).size).toBe(16);
  expect(answers(window, 16, 5).size).toBe(17);
  expect(answers(window, 16 + 17, 5).size).toBe(18);
});

test('trouble halves it once for all that was in flight then', () => {
  let window = answers(newWindow(limits), 5_000, 5);
  for (let index = 0; index < 32; index++) window = afterTrouble(window, limits);
  expect(window.size).toBe(16);
  expect(afterTrouble(window, limits).size).toBe(8);
});

test('it never gets smaller than it began', () => {
  let window = newWindow(limits);
  for (let index = 0; index < 100; index++) window = afterTrouble(window, limits);
  expect(window.size).toBe(4);
});

test('answers that take twice as long as usual halve it', () => {
  const fast = answers(newWindow(limits), 5_000, 30);
  expect(answers(fast, 40, 45).size).toBe(32);
  expect(answers(fast, 10, 150).size).toBe(16);
});

test('what is quick anyway is never slow', () => {
  const fast = answers(newWindow(limits), 5_000, 1);
  expect(answers(fast, 100, 19).size).toBe(32);
});

test('slow from now on is usual after a while', () => {
  const fast = answers(newWindow(limits), 5_000, 5);
  expect(answers(fast, 3_000, 200).size).toBe(32);
});

test('a window of fixed size stays', () => {
  const fixed = { least: 4, most: 4 };
  expect(afterTrouble(afterAnswer(newWindow(fixed), fixed, 1), fixed).size).toBe(4);
});
