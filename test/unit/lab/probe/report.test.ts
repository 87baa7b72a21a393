import fc from 'fast-check';
import { expect, test } from 'vitest';
import { reportOf, type Probe } from '#test/lab/probe/report.ts';

const everyMs = 5;

/** Probes 5 ms apart, of which those with a `.` are answered and those with an `x` are lost. */
function probes(pattern: string): readonly Probe[] {
  return Array.from(pattern, (mark, index) => {
    const sentMs = 1000 + index * everyMs;
    return mark === '.' ? { dueMs: sentMs, sentMs, answeredMs: sentMs + 1 } : { dueMs: sentMs, sentMs };
  });
}

const long = '.'.repeat(20);

test.each([
  ['nothing lost', long, { sent: 20, lost: 0, outageMs: 0, recovered: true }],
  ['one gap', `${long}xxxx${long}`, { sent: 44, lost: 4, outageMs: 20, recovered: true }],
  ['answers between losses do not end an outage', `${long}xx....xx${long}`, { lost: 4, outageMs: 40, recovered: true }],
  ['a second outage counts as lost, not as longer', `xx${long}xxx${long}`, { lost: 5, outageMs: 10, recovered: true }],
  ['no recovery', `${long}xx....`, { lost: 2, outageMs: 25, recovered: false }],
  ['no probes', '', { sent: 0, lost: 0, outageMs: 0, recovered: true }],
])('%s', (_name, pattern, expected) => {
  expect(reportOf(probes(pattern))).toMatchObject(expected);
});

test('the latest probe tells how disturbed the prober was', () => {
  const late = [...probes('..'), { dueMs: 1010, sentMs: 1031, answeredMs: 1032 }];
  expect(reportOf(late).latestMs).toBe(21);
});

test('an outage is never longer than the probing and never shorter than its losses in a row', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('.', 'x'), { maxLength: 200 }), (marks) => {
      const report = reportOf(probes(marks.join('')));
      expect(report.outageMs).toBeLessThanOrEqual(marks.length * everyMs);
      expect(report.outageMs > 0 || report.lost <= 1).toBe(true);
    }),
  );
});
