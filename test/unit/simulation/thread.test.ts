import { describe, expect, test } from 'vitest';
import { NodeTime } from '#test/simulation/node-time.ts';
import { Thread } from '#test/simulation/thread.ts';
import { seededRandom } from '#test/simulation/time/random.ts';
import { Scheduler } from '#test/simulation/time/scheduler.ts';

function startThread({ fastPpm = 0 } = {}) {
  const scheduler = new Scheduler();
  const time = new NodeTime(scheduler, { originMs: 5_000, fastPpm });
  const failures: unknown[] = [];
  const thread = new Thread({ name: 'n1/wire', scheduler, time, failed: (exception) => failures.push(exception) });
  const done: string[] = [];
  /** Something that comes in at this moment, in milliseconds. */
  const comes = (atMs: number, what: string, costUs = 0): void => {
    scheduler.at(atMs * 1000, () => thread.receive(() => done.push(`${what} at ${scheduler.nowUs / 1000}`), costUs));
  };
  const turn = (work: () => void): void => thread.receive(work, 0);
  return { scheduler, time, thread, done, failures, comes, turn };
}

test('it takes things up as they come', () => {
  const { scheduler, thread, done, comes, turn } = startThread();
  turn(() => thread.clock.after(10, () => done.push(`timer at ${scheduler.nowUs / 1000}`)));
  comes(3, 'packet');
  comes(12, 'packet');
  scheduler.runUntil(100_000);
  expect(done).toEqual(['packet at 3', 'timer at 10', 'packet at 12']);
});

test('after a pause all expired timers run before what was received meanwhile', () => {
  const { scheduler, thread, done, comes, turn } = startThread();
  turn(() => {
    thread.clock.after(30, () => done.push('second timer'));
    thread.clock.after(20, () => done.push('first timer'));
  });
  comes(5, 'packet');
  const release = thread.hold();
  scheduler.at(400_000, release);
  scheduler.runUntil(500_000);
  expect(done).toEqual(['first timer', 'second timer', 'packet at 400.01']);
});

test('holds add up, and each is released once', () => {
  const { scheduler, thread, done, comes } = startThread();
  const [first, second] = [thread.hold(), thread.hold()];
  comes(1, 'packet');
  scheduler.at(2_000, first);
  scheduler.at(3_000, first);
  scheduler.at(9_000, second);
  scheduler.runUntil(20_000);
  expect(done).toEqual(['packet at 9']);
});

test('a busy thread takes up the next thing when it is done', () => {
  const { scheduler, thread, done, comes } = startThread();
  comes(1, 'first', 5_000);
  comes(2, 'second', 5_000);
  comes(3, 'third');
  scheduler.runUntil(100_000);
  expect(done).toEqual(['first at 1', 'second at 6', 'third at 11']);
  thread.slowness = 20;
  comes(101, 'slow', 5_000);
  comes(102, 'after');
  scheduler.runUntil(300_000);
  expect(done.slice(3)).toEqual(['slow at 101', 'after at 201']);
});

test('a timer that an earlier one of the same turn cancels does not run', () => {
  const { scheduler, thread, done, turn } = startThread();
  turn(() => {
    const { clock } = thread;
    let cancel: (() => void) | undefined;
    clock.after(10, () => cancel?.());
    cancel = clock.after(10, () => done.push('cancelled'));
  });
  const release = thread.hold();
  scheduler.at(50_000, release);
  scheduler.runUntil(100_000);
  expect(done).toEqual([]);
});

test('nothing of a thread that has ended runs', () => {
  const { scheduler, thread, done, comes, turn } = startThread();
  turn(() => thread.clock.after(10, () => done.push('timer')));
  comes(8, 'packet');
  scheduler.at(5_000, () => thread.end());
  scheduler.runUntil(100_000);
  expect(done).toEqual([]);
});

test('what the program throws is told, and what else was due still waits its turn', () => {
  const { scheduler, failures, comes, done, turn } = startThread();
  turn(() => {
    throw new Error('a defect');
  });
  comes(1, 'packet');
  scheduler.runUntil(10_000);
  expect(failures.map(String)).toEqual(['Error: a defect']);
  expect(done).toEqual(['packet at 1']);
});

describe('outside a turn', () => {
  test('nobody asks for time', () => {
    const { thread } = startThread();
    expect(() => thread.clock.after(1, () => {})).toThrow('n1/wire: used outside a turn');
  });

  test('nobody draws from its chance', () => {
    const { thread } = startThread();
    expect(() => thread.random(seededRandom(1)).next32()).toThrow('n1/wire: used outside a turn');
  });
});

describe('the clocks of its machine', () => {
  test('go at their own rate', () => {
    const { scheduler, thread, done, turn } = startThread({ fastPpm: 100 });
    turn(() =>
      thread.clock.after(1_000, () => done.push(`${thread.clock.nowMs() - 5_000 >= 1_000} ${scheduler.nowUs}`)),
    );
    scheduler.runUntil(2_000_000);
    expect(done).toEqual(['true 999901']);
  });

  test('stand still with a virtual machine, and its timers with them', () => {
    const { scheduler, time, thread, done, turn } = startThread();
    turn(() => thread.clock.after(1_000, () => done.push(`at ${scheduler.nowUs / 1000}`)));
    const release = thread.hold();
    scheduler.at(500_000, () => time.stop());
    scheduler.at(60_000_000, () => {
      time.go();
      release();
    });
    scheduler.runUntil(70_000_000);
    expect(done).toEqual(['at 60500']);
    expect(thread.clock.nowMs()).toBeCloseTo(5_000 + 70_000 - 59_500, 6);
  });

  test('step on the wall only', () => {
    const { scheduler, time, thread } = startThread();
    scheduler.runUntil(1_000_000);
    time.stepWall(3_600_000);
    expect(thread.clock.wallMs()).toBe(Date.UTC(2026, 0, 1, 1, 0, 1));
    expect(thread.clock.nowMs()).toBe(6_000);
  });
});
