import { expect, test } from 'vitest';
import type { Ip } from '#shared/net/ip.ts';
import {
  emptySchedule,
  maxBatches,
  nextDueMs,
  schedule,
  takeDue,
  unschedule,
  unscheduleAll,
  waitingForFirstRound,
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
  const announced = play(schedule(emptySchedule(0), [a], 'all', 50), 50);
  expect(announced.map(({ atMs }) => atMs - 50)).toEqual([0, 100, 1100, 2200, 3300, 4400]);
});

test('most important first', () => {
  const announced = play(schedule(emptySchedule(0), [b, a, c], 'all', 0), 0, 0);
  expect(announced.map(({ ip }) => ip)).toEqual([b, a, c]);
});

test('an address of which only the first round is wanted is announced once', () => {
  expect(times(play(schedule(emptySchedule(0), [a], 'first', 50), 50), a)).toEqual([50]);
});

test('an address that is lost is not announced again; one that is added has a schedule of its own', () => {
  let state = takeDue(schedule(emptySchedule(0), [a, b], 'all', 0), 0).schedule;
  unschedule(state, [a]);
  state = schedule(state, [c], 'all', 50);
  const announced = play(state, 50);
  expect(times(announced, a)).toEqual([]);
  expect(times(announced, b)).toEqual([100, 1100, 2200, 3300, 4400]);
  expect(times(announced, c)).toEqual([50, 150, 1150, 2250, 3350, 4450]);
});

test.each([
  ['lost in between', true],
  ['not lost', false],
])('an address that is taken anew, %s, begins anew, once', (_, isLost) => {
  const state = takeDue(schedule(emptySchedule(0), [a], 'all', 0), 0).schedule;
  if (isLost) unschedule(state, [a]);
  expect(times(play(schedule(state, [a], 'all', 40), 40), a)).toEqual([40, 140, 1140, 2240, 3340, 4440]);
});

test('an address announced once more in the midst of its rounds is not done with them', () => {
  const state = takeDue(schedule(emptySchedule(0), [a], 'all', 0), 0).schedule;
  const announced = play(schedule(state, [a, b], 'first', 40), 40);
  expect(times(announced, a)).toEqual([40, 140, 1140, 2240, 3340, 4440]);
  expect(times(announced, b)).toEqual([40]);
});

test.each([
  ['all', 6],
  ['first', 1],
] as const)(
  'more than %s batches may be under way: however many come one by one within a moment, none is lost (%i rounds)',
  (rounds, count) => {
    let state = emptySchedule(0);
    const addresses = many(maxBatches * 3);
    const announced: Announced[] = [];
    for (const ip of addresses) {
      const taken = takeDue(schedule(state, [ip], rounds, 0), 0);
      announced.push(...taken.due.map((due) => ({ atMs: 0, ip: due })));
      state = taken.schedule;
    }
    announced.push(...play(state, 0));
    expect(addresses.filter((ip) => times(announced, ip).length !== count)).toEqual([]);
  },
);

test('what nobody is to hear of any more asks for no further wake', () => {
  const state = unscheduleAll(schedule(emptySchedule(0), [a, b], 'all', 0));
  expect(nextDueMs(state, 0)).toBeUndefined();
  expect(play(state, 0)).toEqual([]);
});

test('it is told how many addresses wait for their first announcement', () => {
  let state = schedule(emptySchedule(0), many(60), 'all', 0);
  expect(waitingForFirstRound(state)).toBe(60);
  state = takeDue(state, 0).schedule;
  expect(waitingForFirstRound(state)).toBe(10);
  unschedule(state, many(60).slice(-4));
  expect(waitingForFirstRound(state)).toBe(6);
  state = takeDue(state, 10).schedule;
  expect(waitingForFirstRound(state)).toBe(0);
});

test('what is over leaves nothing behind', () => {
  let state = schedule(emptySchedule(0), [a, b], 'all', 0);
  for (let atMs: number | undefined = 0; atMs !== undefined; atMs = nextDueMs(state, atMs)) {
    state = takeDue(state, atMs).schedule;
  }
  expect([state.batchOf.size, state.batches]).toEqual([0, []]);
});

test('a late round moves the later ones, so that no two come at once', () => {
  const state = takeDue(schedule(emptySchedule(0), [a], 'all', 0), 0).schedule;
  expect(times(play(state, 3000), a)).toEqual([3000, 4000, 5100, 6200, 7300]);
});

test('1,000 addresses are announced once within half a second', () => {
  const addresses = many(1000);
  const announced = play(schedule(emptySchedule(0), addresses, 'all', 0), 0, 500);
  const first = new Map(announced.toReversed().map(({ ip, atMs }) => [ip, atMs]));
  expect(first.size).toBe(1000);
  expect(Math.max(...first.values())).toBeLessThanOrEqual(400);
});

test('frames keep to 5,000 a second in the first round and 500 a second in the others, with bursts of 100', () => {
  const announced = play(schedule(emptySchedule(0), many(2000), 'all', 0), 0, 3000);
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
    const taken = takeDue(schedule(state, addresses.slice(count - 1, count), 'all', count), count);
    announced.push(...taken.due);
    state = taken.schedule;
  }
  expect(new Set(announced).size).toBe(addresses.length);
  expect(state.batches.length).toBeLessThanOrEqual(maxBatches);
});
