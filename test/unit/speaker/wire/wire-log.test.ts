import { expect, test } from 'vitest';
import { maxWaitingLines, WireLog } from '#speaker/wire/wire-log.ts';

test('lines are taken once, in order', () => {
  const log = new WireLog();
  log.info({ interface: 'eth0' }, 'first');
  log.warn({}, 'second');
  expect(log.take()).toEqual([
    { level: 'info', fields: { interface: 'eth0' }, message: 'first' },
    { level: 'warn', fields: {}, message: 'second' },
  ]);
  expect(log.take()).toEqual([]);
});

test('lines beyond the bound are lost and counted', () => {
  const log = new WireLog();
  for (let count = 0; count < maxWaitingLines + 3; count++) log.debug({}, `${count}`);
  expect([log.lost, log.take().length]).toEqual([3, maxWaitingLines]);
});
