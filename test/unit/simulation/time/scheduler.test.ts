import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Scheduler } from '#test/simulation/time/scheduler.ts';

test('what is asked for happens in the order of its time, then of the asking', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20), { maxLength: 200 }), (times) => {
      const scheduler = new Scheduler();
      const happened: (readonly [number, number])[] = [];
      for (const [index, atUs] of times.entries()) {
        scheduler.at(atUs, () => happened.push([scheduler.nowUs, index]));
      }
      scheduler.runUntil(20);
      const expected = times.map((atUs, index) => [atUs, index] as const);
      expect(happened).toEqual(expected.toSorted(([a, i], [b, j]) => a - b || i - j));
      expect(scheduler.events).toBe(times.length);
    }),
  );
});

test('nothing happens in the past, and nothing that was cancelled', () => {
  const scheduler = new Scheduler();
  const happened: string[] = [];
  scheduler.runUntil(1_000);
  scheduler.at(10, () => happened.push(`late at ${scheduler.nowUs}`));
  scheduler.after(5, () => happened.push('cancelled'))();
  scheduler.runUntil(2_000);
  expect(happened).toEqual(['late at 1000']);
});

test('what happens later inherits the cause of what asked for it', () => {
  const scheduler = new Scheduler();
  const causes: number[] = [];
  scheduler.cause = 7;
  scheduler.after(10, () => {
    causes.push(scheduler.cause);
    scheduler.cause = 8;
    scheduler.after(10, () => causes.push(scheduler.cause));
  });
  scheduler.cause = 0;
  scheduler.after(15, () => causes.push(scheduler.cause));
  scheduler.runUntil(100);
  expect(causes).toEqual([7, 0, 8]);
});
