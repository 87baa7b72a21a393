import { beforeEach, expect, test } from 'vitest';
import { Contention } from '#speaker/report/contention.ts';
import { VirtualClock } from '#test/simulation/time/virtual-clock.ts';

let clock: VirtualClock;
let contention: Contention;

beforeEach(() => {
  clock = new VirtualClock();
  contention = new Contention(clock);
});

test('what was not lost may be written', () => {
  expect(contention.heldForMs('a')).toBe(0);
});

test('after one loss an object is put back after 5 s', () => {
  contention.lost('a');
  expect(contention.heldForMs('a')).toBe(5_000);
  expect(contention.contended()).toEqual([]);
  clock.advance(5_000);
  expect(contention.heldForMs('a')).toBe(0);
  expect(contention.heldForMs('b')).toBe(0);
});

test('after two losses within a minute it is left alone for 10 min', () => {
  contention.lost('a');
  clock.advance(59_999);
  contention.lost('a');
  expect(contention.contended()).toEqual(['a']);
  clock.advance(599_999);
  expect(contention.heldForMs('a')).toBe(1);
  clock.advance(1);
  expect(contention.heldForMs('a')).toBe(0);
  expect(contention.contended()).toEqual([]);
});

test('losses more than a minute apart are two first losses', () => {
  contention.lost('a');
  clock.advance(60_000);
  contention.lost('a');
  expect(contention.heldForMs('a')).toBe(5_000);
  expect(contention.contended()).toEqual([]);
});

test('losses of what is not wanted any more are forgiven', () => {
  contention.lost('a');
  contention.forgive('a');
  contention.lost('a');
  expect(contention.heldForMs('a')).toBe(5_000);
  expect(contention.contended()).toEqual([]);
});
