import { expect, test } from 'vitest';
import { maxUnreadMessages } from '#speaker/seam.ts';
import { atOnce, channelPair, type Receiver } from '#test/simulation/channel.ts';
import { Scheduler } from '#test/simulation/time/scheduler.ts';

interface Word {
  readonly kind: string;
  readonly sequence?: number;
  readonly generation?: number;
}

function startChannel(far: Receiver = atOnce) {
  const scheduler = new Scheduler();
  const delaysUs = [500, 100, 300];
  const [near, other] = channelPair<Word, Word>(scheduler, () => delaysUs.shift() ?? 200, [atOnce, far]);
  const taken: string[] = [];
  other.onMessage(({ kind, sequence }) => taken.push(`${kind}${sequence ?? ''} at ${scheduler.nowUs}`));
  return { scheduler, near, other, taken };
}

test('messages arrive in their order, each a while after it was posted', () => {
  const { scheduler, near, taken } = startChannel();
  for (const kind of ['a', 'b', 'c']) near.post({ kind });
  scheduler.runUntil(10_000);
  expect(taken).toEqual(['a at 500', 'b at 500', 'c at 500']);
});

test('what arrives before anybody listens is kept', () => {
  const { scheduler, near, other } = startChannel();
  const heard: string[] = [];
  other.post({ kind: 'early' });
  scheduler.runUntil(1_000);
  near.onMessage(({ kind }) => heard.push(kind));
  expect(heard).toEqual(['early']);
});

test('of what the other thread does not take, newer states replace older ones', () => {
  const waiting: (() => void)[] = [];
  const { scheduler, near, taken } = startChannel({ receive: (work) => waiting.push(work) });
  for (let sequence = 1; sequence <= maxUnreadMessages + 10; sequence++) near.post({ kind: 'observed', sequence });
  scheduler.runUntil(1_000_000);
  expect(waiting).toHaveLength(maxUnreadMessages);
  expect(near.dropped).toBe(9);
  for (let work = waiting.shift(); work !== undefined; work = waiting.shift()) {
    work();
    scheduler.runUntil(scheduler.nowUs + 1_000);
  }
  expect(taken).toHaveLength(maxUnreadMessages + 1);
  expect(taken.at(-1)).toMatch(`observed${maxUnreadMessages + 10} at`);
});
