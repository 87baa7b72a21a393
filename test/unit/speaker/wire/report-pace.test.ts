import { expect, test } from 'vitest';
import { ReportPace } from '#speaker/wire/report-pace.ts';
import { VirtualClock } from '#test/simulation/time/virtual-clock.ts';

function paced() {
  const clock = new VirtualClock();
  const reports: number[] = [];
  const pace = new ReportPace(clock, () => reports.push(clock.nowMs()));
  return { clock, reports, pace };
}

test('the first change is reported in the same moment, further ones at most ten times a second', () => {
  const { clock, reports, pace } = paced();
  for (let count = 0; count < 100; count++) {
    pace.changed();
    clock.advance(10);
  }
  expect(reports).toEqual([0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000]);
});

test('what is urgent is reported in the same moment, and in a crowd every 10 ms', () => {
  const { clock, reports, pace } = paced();
  pace.changed();
  for (let count = 0; count < 25; count++) {
    clock.advance(1);
    pace.urgent();
  }
  clock.advance(500);
  expect(reports).toEqual([0, 10, 20, 30]);
});

test('counters alone are reported once a second', () => {
  const { clock, reports, pace } = paced();
  for (let count = 0; count < 250; count++) {
    pace.counted();
    clock.advance(10);
  }
  expect(reports).toEqual([0, 1000, 2000]);
});

test('a change brings a waiting report forward', () => {
  const { clock, reports, pace } = paced();
  pace.atOnce();
  pace.counted();
  clock.advance(300);
  pace.changed();
  clock.advance(2000);
  expect(reports).toEqual([0, 300]);
});

test('what matters is reported at once and leaves nothing to report', () => {
  const { clock, reports, pace } = paced();
  pace.atOnce();
  clock.advance(10);
  pace.changed();
  pace.atOnce();
  clock.advance(1000);
  expect(reports).toEqual([0, 10]);
});

test('nothing is reported after stop', () => {
  const { clock, reports, pace } = paced();
  pace.atOnce();
  pace.changed();
  pace.stop();
  clock.advance(1000);
  expect(reports).toEqual([0]);
});
