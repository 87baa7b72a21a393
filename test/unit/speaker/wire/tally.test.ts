import { expect, test } from 'vitest';
import { Tally } from '#speaker/wire/tally.ts';

test('each metric is counted by its labels', () => {
  const tally = new Tally();
  tally.add('ingot_a_total', { interface: 'eth0', type: 'beat' });
  tally.add('ingot_a_total', { interface: 'eth0', type: 'beat' }, 2);
  tally.add('ingot_a_total', { interface: 'eth0', type: 'hello' });
  tally.add('ingot_b_total', { interface: 'eth0', type: 'beat' }, 0);
  expect(tally.counters).toEqual([
    { name: 'ingot_a_total', labels: { interface: 'eth0', type: 'beat' }, total: 3 },
    { name: 'ingot_a_total', labels: { interface: 'eth0', type: 'hello' }, total: 1 },
    { name: 'ingot_b_total', labels: { interface: 'eth0', type: 'beat' }, total: 0 },
  ]);
});

test('what was told stays as it was', () => {
  const tally = new Tally();
  tally.add('ingot_a_total', {});
  const { counters } = tally;
  tally.add('ingot_a_total', {});
  expect(counters).toEqual([{ name: 'ingot_a_total', labels: {}, total: 1 }]);
});
