import { expect, test } from 'vitest';
import { Reunions } from '#speaker/report/reunions.ts';
import { VirtualClock } from '#test/simulation/time/virtual-clock.ts';

test('nodes meet when more are up than were for 3 s', () => {
  const clock = new VirtualClock();
  const reunions = new Reunions(clock);
  expect(reunions.hear(4)).toBe('met');
  clock.advance(60_000);
  expect(reunions.hear(4)).toBeUndefined();
  expect(reunions.hear(2)).toBeUndefined();
  clock.advance(1_000);
  expect(reunions.hear(2)).toBeUndefined();
  clock.advance(2_000);
  expect(reunions.hear(4)).toBe('met');
});

test('a suspicion that ends at once is no cut', () => {
  const clock = new VirtualClock();
  const reunions = new Reunions(clock);
  reunions.hear(4);
  clock.advance(60_000);
  reunions.hear(3);
  clock.advance(500);
  expect(reunions.hear(4)).toBeUndefined();
});
