import { expect, test } from 'vitest';
import { Coalescer } from '#shared/runtime/coalescer.ts';
import { VirtualClock } from '#test/simulation/time/virtual-clock.ts';

function run(workMs: number) {
  const clock = new VirtualClock();
  const startsMs: number[] = [];
  const coalescer = new Coalescer(clock, () => {
    startsMs.push(clock.nowMs());
    clock.advance(workMs);
  });
  return { clock, coalescer, startsMs };
}

test('a storm of changes is worked off once, 50 ms after the first', () => {
  const { clock, coalescer, startsMs } = run(0);
  for (let change = 0; change < 100; change++) coalescer.trigger();
  clock.advance(1_000);
  expect(startsMs).toEqual([50]);
});

test('slow work takes no more than a quarter of the time', () => {
  const { clock, coalescer, startsMs } = run(100);
  for (let elapsedMs = 0; elapsedMs < 2_000; elapsedMs += 10) {
    coalescer.trigger();
    clock.advance(10);
  }
  expect(startsMs.length).toBeGreaterThan(3);
  expect((startsMs.length * 100) / clock.nowMs()).toBeLessThanOrEqual(0.26);
});

test('nothing runs after stop', () => {
  const { clock, coalescer, startsMs } = run(0);
  coalescer.trigger();
  coalescer.stop();
  coalescer.trigger();
  clock.advance(1_000);
  expect(startsMs).toEqual([]);
});
