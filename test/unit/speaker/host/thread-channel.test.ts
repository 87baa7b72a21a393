import { MessageChannel } from 'node:worker_threads';
import { afterEach, expect, test, vi } from 'vitest';
import { newSharedCounters } from '#speaker/host/shared-counters.ts';
import { ThreadChannel } from '#speaker/host/thread-channel.ts';
import { maxUnreadMessages } from '#speaker/seam.ts';

interface State {
  readonly kind: 'desired';
  readonly generation: number;
  readonly chunk: number;
}
interface Word {
  readonly kind: 'word';
}
type Message = State | Word;

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

function channels() {
  const { port1, port2 } = new MessageChannel();
  const counters = newSharedCounters();
  const near = new ThreadChannel<Message, Message>(port1, counters, 'cluster');
  const far = new ThreadChannel<Message, Message>(port2, counters, 'wire');
  closers.push(() => {
    near.close();
    far.close();
    port1.close();
  });
  return { near, far };
}

const state = (generation: number, chunk = 0): State => ({ kind: 'desired', generation, chunk });

test('messages arrive in order, also those that came before anybody listened', async () => {
  const { near, far } = channels();
  for (let generation = 1; generation <= 5; generation++) near.post(state(generation));
  const received: Message[] = [];
  far.onMessage((message) => received.push(message));
  await vi.waitFor(() => expect(received).toHaveLength(5));
  expect(received).toEqual([1, 2, 3, 4, 5].map((generation) => state(generation)));
});

test('each message is handed over in a turn of its own', async () => {
  const { near, far } = channels();
  let turn = 0;
  const turns: number[] = [];
  const count = (): void => {
    turn++;
    if (turns.length < 3) setImmediate(count);
  };
  count();
  far.onMessage(() => turns.push(turn));
  for (let posted = 0; posted < 3; posted++) near.post({ kind: 'word' });
  await vi.waitFor(() => expect(turns).toHaveLength(3));
  expect(new Set(turns).size).toBe(3);
});

test('of what is not taken only the newest generation is kept', async () => {
  const { near, far } = channels();
  for (let count = 0; count < maxUnreadMessages; count++) near.post({ kind: 'word' });
  near.post(state(1, 0));
  near.post(state(1, 1));
  near.post({ kind: 'word' });
  near.post(state(2, 0));
  near.post(state(2, 1));
  expect(near.dropped).toBe(2);
  const received: Message[] = [];
  far.onMessage((message) => received.push(message));
  const rest = [{ kind: 'word' }, state(2, 0), state(2, 1)];
  await vi.waitFor(() => expect(received).toHaveLength(maxUnreadMessages + rest.length));
  expect(received.slice(maxUnreadMessages)).toEqual(rest);
});
