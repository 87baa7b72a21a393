import { expect, test } from 'vitest';
import type { Cancel, Clock } from '#shared/runtime/clock.ts';
import { OwnGap } from '#speaker/wire/own-gap.ts';
import { VirtualClock } from '#test/simulation/time/virtual-clock.ts';

/** A clock whose process can be stopped: time passes, timers run when it goes on. */
class StoppableClock implements Clock {
  readonly #clock = new VirtualClock();
  #stoppedMs = 0;

  nowMs(): number {
    return this.#clock.nowMs() + this.#stoppedMs;
  }

  wallMs(): number {
    return this.#clock.wallMs();
  }

  after(delayMs: number, callback: () => void): Cancel {
    return this.#clock.after(delayMs, callback);
  }

  advance(ms: number): void {
    this.#clock.advance(ms);
  }

  stopFor(ms: number): void {
    this.#stoppedMs += ms;
  }
}

const limitMs = 250;

function watched() {
  const clock = new StoppableClock();
  const gaps: number[] = [];
  return { clock, gaps, ownGap: new OwnGap(limitMs, clock, (lateMs) => gaps.push(lateMs)) };
}

test('a thread that runs notices nothing', () => {
  const { clock, gaps, ownGap } = watched();
  clock.advance(10_000);
  expect([ownGap.check(), gaps]).toEqual([false, []]);
});

test.each([
  ['a short pause', 250, 0],
  ['a long pause', 300, 1],
])('%s of %i ms: %i gaps', (_, pauseMs, expected) => {
  const { clock, gaps } = watched();
  clock.advance(1000);
  clock.stopFor(pauseMs);
  clock.advance(100);
  expect(gaps).toHaveLength(expected);
});

test('whatever comes first after the pause notices the gap, once', () => {
  const { clock, gaps, ownGap } = watched();
  clock.advance(1000);
  clock.stopFor(2000);
  expect(ownGap.check()).toBe(true);
  expect(ownGap.check()).toBe(false);
  clock.advance(1000);
  expect(gaps).toEqual([1975]);
});

test('a second pause is a second gap', () => {
  const { clock, gaps } = watched();
  for (let count = 0; count < 2; count++) {
    clock.stopFor(2000);
    clock.advance(1000);
  }
  expect(gaps).toHaveLength(2);
});

test('after stop nothing is noticed', () => {
  const { clock, gaps, ownGap } = watched();
  ownGap.stop();
  clock.stopFor(2000);
  clock.advance(1000);
  expect(gaps).toEqual([]);
});
