import { expect, test } from 'vitest';
import { beatMs, isSilent, look, newWatchdog, type Watchdog } from '#speaker/host/watchdog.ts';

const limitMs = 5000;

/** Looks each 100 ms until `untilMs` at a counter that `counterAt` tells. */
function watch(start: Watchdog, untilMs: number, counterAt: (nowMs: number) => bigint): Watchdog {
  let watchdog = start;
  for (let nowMs = start.lookedMs + beatMs; nowMs <= untilMs; nowMs += beatMs) {
    watchdog = look(watchdog, counterAt(nowMs), nowMs);
  }
  return watchdog;
}

test('a counter that moves is never silent', () => {
  expect(isSilent(watch(newWatchdog(limitMs, 1n, 0), 60_000, (nowMs) => BigInt(nowMs)))).toBe(false);
});

test('a counter that stands still is silent after the limit, not before', () => {
  const start = newWatchdog(limitMs, 1n, 0);
  expect(isSilent(watch(start, 5000, () => 1n))).toBe(false);
  expect(isSilent(watch(start, 5100, () => 1n))).toBe(true);
});

test('any movement starts the count anew', () => {
  const start = newWatchdog(limitMs, 1n, 0);
  const moved = watch(
    watch(start, 3900, () => 1n),
    9000,
    () => 2n,
  );
  expect(isSilent(moved)).toBe(false);
  expect(isSilent(watch(moved, 9100, () => 2n))).toBe(true);
});

test('a judge that slept itself counts anew', () => {
  const before = watch(newWatchdog(limitMs, 1n, 0), 4000, () => 1n);
  const woken = look(before, 1n, 60_000);
  expect(isSilent(woken)).toBe(false);
  expect(isSilent(watch(woken, 65_000, () => 1n))).toBe(false);
  expect(isSilent(watch(woken, 65_100, () => 1n))).toBe(true);
});

test('a judge that was merely slow does not', () => {
  const before = watch(newWatchdog(limitMs, 1n, 0), 4000, () => 1n);
  expect(isSilent(look(look(before, 1n, 5100), 1n, 5200))).toBe(true);
});

test('a thread that has not beaten yet may take longer', () => {
  const start = newWatchdog(limitMs, 0n, 0);
  expect(isSilent(watch(start, 30_000, () => 0n))).toBe(false);
  expect(isSilent(watch(start, 30_100, () => 0n))).toBe(true);
});
