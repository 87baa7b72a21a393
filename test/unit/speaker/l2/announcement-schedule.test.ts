import { expect, test } from 'vitest';
import type { Ip } from '#shared/net/ip.ts';
import {
  emptySchedule,
  maxBatches,
  nextDueMs,
  rescheduleAll,
  schedule,
  suspend,
  takeDue,
  type AnnouncementSchedule,
} from '#speaker/l2/announcement-schedule.ts';

const [a, b, c] = ['192.0.2.1', '192.0.2.2', '192.0.2.3'] as Ip[] as [Ip, Ip, Ip];

interface Announced {
  readonly atMs: number;
  readonly ip: Ip;
}

/** Wakes the schedule whenever it asks for it, until it has nothing more to do or the time is over. */
function play(start: AnnouncementSchedule, fromMs: number, untilMs = Infinity): readonly Announced[] {
  const announced: Announced[] = [];
  let state = start;
  for (let atMs = fromMs; atMs <= untilMs;) {
    const taken = takeDue(state, atMs);
    state = taken.schedule;
    announced.push(...taken.due.map((ip) => ({ atMs, ip })));
    const next = nextDueMs(state, atMs);
    if (next === undefined) break;
    atMs = next;
  }
  return announced;
}

const times = (announced: readonly Announced[], of: Ip): number[] =>
  announced.filter(({ ip }) => ip === of).map(({ atMs }) => atMs);

/** 10.0.0.0 and on. */
const many = (count: number): Ip[] => Array.from({ length: count }, (_, at) => `10.0.${at >> 8}.${at & 255}` as Ip);

test('an address is announced at 0, 0.1, 1.1, 2.2, 3.3 and 4.4 s after it was taken', () => {
  const announced = play(schedule(emptySchedule(0), [a], 50), 50);
  expect(announced.map(({ atMs }) => atMs - 50)).toEqual([0, 100, 1100, 2200, 3300, 4400]);
});

test('most important first', () => {
  const announced = play(schedule(emptySchedule(0), [b, a, c], 0), 0, 0);
  expect(announced.map(({ ip }) => ip)).toEqual([b, a, c]);
});

test('the same set again, in whatever order, starts nothing', () => {
  const state = schedule(emptySchedule(0), [a, b], 0);
  expect(schedule(state, [b, a], 10)).toBe(state);
});

test('an address that is lost is not announced again; one that is added has a schedule of its own', () => {
  let state = schedule(emptySchedule(0), [a, b], 0);
  state = takeDue(state, 0).schedule;
  const announced = play(schedule(state, [b, c], 50), 50);
  expect(times(announced, a)).toEqual([]);
  expect(times(announced, b)).toEqual([100, 1100, 2200, 3300, 4400]);
  expect(times(announced, c)).toEqual([50, 150, 1150, 2250, 3350, 4450]);
});

test('an address that is taken anew begins anew, once', () => {
  let state = takeDue(schedule(emptySchedule(0), [a], 0), 0).schedule;
  state = schedule(schedule(state, [], 20), [a], 40);
  expect(times(play(state, 40), a)).toEqual([40, 140, 1140, 2240, 3340, 4440]);
});

test('everything is announced anew on demand, in the old order', () => {
  const state = takeDue(schedule(emptySchedule(0), [b, a], 0), 0).schedule;
  const announced = play(rescheduleAll(state, 500), 500);
  expect(announced.slice(0, 2)).toEqual([
    { atMs: 500, ip: b },
    { atMs: 500, ip: a },
  ]);
  expect(times(announced, a)).toHaveLength(6);
});

test('a suspended schedule is silent until everything is announced anew', () => {
  const state = suspend(schedule(emptySchedule(0), [a], 0));
  expect(play(state, 0)).toEqual([]);
  expect(times(play(rescheduleAll(state, 1000), 1000), a)).toHaveLength(6);
});

test('a late round moves the later ones, so that no two come at once', () => {
  const state = takeDue(schedule(emptySchedule(0), [a], 0), 0).schedule;
  expect(times(play(state, 3000), a)).toEqual([3000, 4000, 5100, 6200, 7300]);
});

test('1,000 addresses are announced once within half a second', () => {
  const addresses = many(1000);
  const announced = play(schedule(emptySchedule(0), addresses, 0), 0, 500);
  const first = new Map(announced.toReversed().map(({ ip, atMs }) => [ip, atMs]));
  expect(first.size).toBe(1000);
  expect(Math.max(...first.values())).toBeLessThanOrEqual(400);
});

test('frames keep to 5,000 a second in the first round and 500 a second in the others, with bursts of 100', () => {
  const announced = play(schedule(emptySchedule(0), many(2000), 0), 0, 3000);
  const framesUntil = (ms: number): number => announced.filter(({ atMs }) => atMs <= ms).length * 2;
  expect(framesUntil(0)).toBe(100);
  for (const ms of [10, 100, 500, 750]) {
    expect(framesUntil(ms)).toBeLessThanOrEqual(100 + ms * 5);
    expect(framesUntil(ms)).toBeGreaterThan(ms * 5 - 100);
  }
  const firstRoundMs = announced[1999]?.atMs ?? 0;
  expect(firstRoundMs).toBeLessThanOrEqual(800);
  const repeats = announced.slice(2000).length * 2;
  expect(repeats).toBeLessThanOrEqual(100 + ((3000 - firstRoundMs) * 500) / 1000);
  expect(repeats).toBeGreaterThan(900);
});

test('addresses that come one by one are announced all the same, and the batches stay bounded', () => {
  let state = emptySchedule(0);
  const addresses = many(maxBatches + 50);
  const announced: Ip[] = [];
  for (let count = 1; count <= addresses.length; count++) {
    const taken = takeDue(schedule(state, addresses.slice(0, count), count), count);
    announced.push(...taken.due);
    state = taken.schedule;
  }
  expect(new Set(announced).size).toBe(addresses.length);
  expect(state.batches.length).toBeLessThanOrEqual(maxBatches);
});
