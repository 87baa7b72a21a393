import { expect, test } from 'vitest';
import { Drain } from '#speaker/routing/drain.ts';
import { VirtualClock } from '#test/simulation/time/virtual-clock.ts';

function played() {
  const clock = new VirtualClock();
  let changes = 0;
  return { clock, drain: new Drain(clock, 5_000, () => changes++), changes: () => changes };
}

test('everybody has time to go elsewhere', () => {
  const { clock, drain, changes } = played();
  expect(drain.follow(false)).toBe('none');
  expect(drain.follow(true)).toBe('announced');
  clock.advance(4_999);
  expect([drain.follow(true), changes()]).toEqual(['announced', 0]);
  clock.advance(1);
  expect([drain.follow(true), changes()]).toEqual(['over', 1]);
});

test('a node that stays after all is as before, and has its time again', () => {
  const { clock, drain, changes } = played();
  drain.follow(false);
  drain.follow(true);
  clock.advance(3_000);
  expect(drain.follow(false)).toBe('none');
  expect(drain.follow(true)).toBe('announced');
  clock.advance(4_000);
  expect([drain.follow(true), changes()]).toEqual(['announced', 0]);
});

test('a program that starts on such a node announces nothing', () => {
  expect(played().drain.follow(true)).toBe('over');
});
