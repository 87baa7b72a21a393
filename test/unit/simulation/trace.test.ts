import { expect, test } from 'vitest';
import { Scheduler } from '#test/simulation/time/scheduler.ts';
import { formatLine, Trace } from '#test/simulation/trace.ts';

function startTrace() {
  const scheduler = new Scheduler();
  return { scheduler, trace: new Trace(scheduler) };
}

test('each line knows the line that led to it', () => {
  const { scheduler, trace } = startTrace();
  scheduler.after(1_000, () => {
    trace.record('client', 'arp request', '192.0.2.1', 'broadcast');
    scheduler.after(234, () => trace.record('n1', 'arp reply', '192.0.2.1'));
  });
  scheduler.runUntil(2_000);
  scheduler.after(0, () => trace.record('n2', 'link down', 'eth0'));
  scheduler.runUntil(3_000);
  expect(trace.last(10, () => true).map(formatLine)).toEqual([
    '0.001000 client arp request 192.0.2.1: broadcast (#1)',
    '0.001234 n1 arp reply 192.0.2.1 (#2 after #1)',
    '0.002000 n2 link down eth0 (#3)',
  ]);
});

test('of many lines the last that match are kept', () => {
  const { trace } = startTrace();
  for (let index = 0; index < 120_000; index++) trace.record('n1', index % 2 === 0 ? 'even' : 'odd', String(index));
  expect(trace.last(2, ({ event }) => event === 'even').map(({ subject }) => subject)).toEqual(['119996', '119998']);
  expect(trace.last(200_000, () => true)).toHaveLength(50_000);
  expect(trace.count).toBe(120_000);
});

const hashOf = (atUs: number, ...words: readonly [string, string, string, string]): string => {
  const { scheduler, trace } = startTrace();
  scheduler.runUntil(atUs);
  trace.record(...words);
  return trace.hash;
};

test('the hash depends on the time and on every word', () => {
  const hashes = [
    hashOf(1, 'a', 'b', 'c', 'd'),
    hashOf(2, 'a', 'b', 'c', 'd'),
    hashOf(2 ** 33, 'a', 'b', 'c', 'd'),
    hashOf(1, 'ab', '', 'c', 'd'),
    hashOf(1, 'a', 'b', 'cd', ''),
    hashOf(1, 'a', 'b', 'c', 'e'),
  ];
  expect(new Set(hashes).size).toBe(hashes.length);
  expect(hashOf(1, 'a', 'b', 'c', 'd')).toBe(hashes[0]);
  expect(hashes[0]).toMatch(/^[0-9a-f]{16}$/);
});
