import { expect, test } from 'vitest';
import type { Clock } from '#shared/runtime/clock.ts';
import { patientClock } from '#speaker/bgp/patient-clock.ts';
import { VirtualClock } from '#test/simulation/time/virtual-clock.ts';

/** A thread that does not run between two moments: what was due meanwhile runs after it, in the order in which it was due. */
function stalling(clock: VirtualClock): { readonly clock: Clock; stall(ms: number): void } {
  let behindMs = 0;
  return {
    clock: {
      nowMs: () => clock.nowMs() + behindMs,
      wallMs: () => clock.wallMs() + behindMs,
      after: (delayMs, callback) => clock.after(delayMs, callback),
    },
    stall: (ms) => void (behindMs += ms),
  };
}

test('a timer in time runs at once, and a late one lets what has come be read first', () => {
  const virtual = new VirtualClock();
  const machine = stalling(virtual);
  const clock = patientClock(machine.clock);
  const ran: string[] = [];
  clock.after(100, () => ran.push('in time'));
  virtual.advance(100);
  expect(ran).toEqual(['in time']);
  const hold = clock.after(100, () => ran.push('hold timer'));
  machine.stall(1_000);
  virtual.advance(100);
  expect(ran).toEqual(['in time']);
  // The KEEPALIVE that waited in the socket is read, and moves the timer.
  hold();
  clock.after(100, () => ran.push('hold timer again'));
  virtual.advance(60);
  expect(ran).toEqual(['in time']);
  clock.after(10, () => ran.push('late'));
  machine.stall(1_000);
  virtual.advance(10);
  expect(ran).toEqual(['in time']);
  virtual.advance(50);
  expect(ran).toContain('late');
});
