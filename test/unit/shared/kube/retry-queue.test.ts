import fc from 'fast-check';
import { assert, describe, expect, test } from 'vitest';
import { mostKeys, RetryQueue } from '#shared/kube/retry-queue.ts';
import { priorities, type Priority, type Write } from '#shared/kube/write.ts';
import { things } from './objects/thing.ts';

function write(key: string, priority: Priority = 'allocate', colour = 'red'): Write {
  const request = { verb: 'create', resource: things, namespace: 'web', body: { colour } } as const;
  return { key, priority, request, settled: () => {} };
}

const all = (): boolean => true;

function taken(queue: RetryQueue): string[] {
  const keys: string[] = [];
  for (let entry = queue.take(all); entry !== undefined; entry = queue.take(all)) keys.push(entry.key);
  return keys;
}

test('the most urgent goes first, of those the one that waits longest', () => {
  const queue = new RetryQueue();
  for (const priority of priorities.toReversed()) {
    queue.add(write(`${priority}-1`, priority), 0);
    queue.add(write(`${priority}-2`, priority), 0);
  }
  expect(taken(queue)).toEqual(priorities.flatMap((priority) => [`${priority}-1`, `${priority}-2`]));
});

test('what is not allowed is passed over', () => {
  const queue = new RetryQueue();
  queue.add(write('a', 'condition'), 0);
  queue.add(write('b', 'event'), 0);
  expect(queue.take((priority) => priority !== 'condition')?.key).toBe('b');
  expect(queue.take((priority) => priority !== 'condition')).toBeUndefined();
  expect(queue.hasReady()).toBe(true);
});

describe('another write of a key', () => {
  test('takes the place of the one that waits', () => {
    const queue = new RetryQueue();
    const [old, newer] = [write('a'), write('a', 'allocate', 'blue')];
    expect(queue.add(old, 0)).toEqual([]);
    expect(queue.add(newer, 1)).toEqual([old]);
    expect(queue.take(all)?.write).toBe(newer);
    expect(queue.size).toBe(1);
  });

  test('gets the urgency of its own', () => {
    const queue = new RetryQueue();
    queue.add(write('a', 'event'), 0);
    queue.add(write('b', 'condition'), 0);
    queue.add(write('a', 'release', 'blue'), 0);
    expect(taken(queue)).toEqual(['a', 'b']);
  });

  test('follows the one in flight; only the newest does', () => {
    const queue = new RetryQueue();
    const [second, third] = [write('a', 'allocate', 'blue'), write('a', 'allocate', 'green')];
    queue.add(write('a'), 0);
    queue.take(all);
    expect(queue.add(second, 0)).toEqual([]);
    expect(queue.add(third, 0)).toEqual([second]);
    expect(queue.take(all)).toBeUndefined();
    queue.end('a', 0, { uncertain: false });
    expect(queue.take(all)?.write).toBe(third);
  });

  test('does not wait for the back-off of another content', () => {
    const queue = new RetryQueue();
    queue.add(write('a'), 0);
    queue.take(all);
    queue.fail('a', 0, { uncertain: true });
    queue.add(write('a'), 0);
    expect(queue.get('a')).toMatchObject({ state: 'waiting', failures: 1, uncertain: true });
    queue.add(write('a', 'allocate', 'blue'), 0);
    expect(queue.get('a')).toMatchObject({ state: 'ready', failures: 0, uncertain: false });
  });

  test('inherits the doubt about the one in flight', () => {
    const queue = new RetryQueue();
    queue.add(write('a'), 0);
    queue.take(all);
    queue.add(write('a', 'allocate', 'blue'), 0);
    expect(queue.fail('a', 0, { uncertain: true })).toBe(false);
    expect(queue.take(all)).toMatchObject({
      uncertain: true,
      failures: 0,
      write: { request: { body: { colour: 'blue' } } },
    });
  });
});

test('a failure waits until it is woken', () => {
  const queue = new RetryQueue();
  queue.add(write('a'), 0);
  queue.take(all);
  expect(queue.fail('a', 0, { uncertain: false })).toBe(true);
  expect(taken(queue)).toEqual([]);
  expect(queue.hasReady()).toBe(false);
  queue.wake('a');
  queue.wake('nobody');
  expect(queue.take(all)).toMatchObject({ key: 'a', failures: 1 });
});

test('removing forgets what waits, and what follows the one in flight', () => {
  const queue = new RetryQueue();
  queue.add(write('waits'), 0);
  queue.add(write('flies'), 0);
  queue.remove('waits');
  queue.take(all);
  queue.add(write('flies', 'allocate', 'blue'), 0);
  queue.remove('flies');
  queue.end('flies', 0, { uncertain: false });
  expect(queue.size).toBe(0);
});

test('recalling forgets this very write as long as it is not in flight, and no other of its key', () => {
  const queue = new RetryQueue();
  const [first, second, third] = [write('a'), write('a', 'allocate', 'blue'), write('a', 'allocate', 'green')];
  queue.add(first, 0);
  queue.take(all);
  queue.add(second, 0);
  expect(queue.recall(first)).toBe(false);
  expect(queue.recall(third)).toBe(true);
  queue.end('a', 0, { uncertain: false });
  expect(queue.recall(first)).toBe(true);
  expect(queue.get('a')?.write).toBe(second);
  expect(queue.recall(second)).toBe(true);
  expect(queue.size).toBe(0);
});

test('clearing answers with all that will not be sent, and leaves what is in flight', () => {
  const queue = new RetryQueue();
  const follower = write('a', 'allocate', 'blue');
  queue.add(write('a'), 0);
  queue.take(all);
  queue.add(follower, 0);
  const waiting = write('b');
  queue.add(waiting, 0);
  expect(queue.clear()).toEqual([follower, waiting]);
  expect([queue.size, queue.inFlight]).toEqual([1, 1]);
});

test('when it is full the least urgent goes, the newcomer included', () => {
  const queue = new RetryQueue();
  const event = write('event', 'event');
  queue.add(event, 0);
  for (let index = 1; index < mostKeys; index++) queue.add(write(`${index}`, 'condition'), 0);
  expect(queue.add(write('urgent', 'release'), 0)).toEqual([event]);
  const [another, status] = [write('another', 'event'), write('status', 'condition')];
  expect(queue.add(another, 0)).toEqual([another]);
  expect(queue.add(status, 0)).toEqual([status]);
  expect(queue.add(write('urgent too', 'allocate'), 0).map(({ key }) => key)).toEqual(['1']);
  expect(queue.size).toBe(mostKeys);
});

test('the oldest is the one that was added first', () => {
  const queue = new RetryQueue();
  expect(queue.oldestMs()).toBeUndefined();
  queue.add(write('a'), 5);
  queue.add(write('b'), 3);
  expect(queue.oldestMs()).toBe(3);
});

test('whatever happens, no key is in flight twice, and the newest write of each is sent until it is done', () => {
  const act = fc.record({
    act: fc.constantFrom('add', 'take', 'end', 'fail', 'wake'),
    key: fc.constantFrom('a', 'b', 'c'),
    priority: fc.constantFrom(...priorities),
    colour: fc.constantFrom('red', 'blue'),
  });
  fc.assert(
    fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
      const queue = new RetryQueue();
      const wanted = new Map<string, Write>();
      const flying = new Map<string, Write>();
      const take = (): boolean => {
        const entry = queue.take(all);
        if (entry === undefined) return false;
        assert(!flying.has(entry.key), 'in flight twice');
        flying.set(entry.key, entry.write);
        return true;
      };
      for (const { act: kind, key, priority, colour } of acts) {
        if (kind === 'add') {
          const added = write(key, priority, colour);
          wanted.set(key, added);
          queue.add(added, 0);
        } else if (kind === 'take') {
          take();
        } else if (kind === 'wake') {
          queue.wake(key);
        } else if (flying.has(key)) {
          queue[kind](key, 0, { uncertain: false });
          if (kind === 'end' && wanted.get(key) === flying.get(key)) wanted.delete(key);
          flying.delete(key);
        }
        expect(queue.inFlight).toBe(flying.size);
      }
      for (const key of flying.keys()) queue.fail(key, 0, { uncertain: false });
      flying.clear();
      for (const key of wanted.keys()) queue.wake(key);
      while (take());
      expect(flying).toEqual(wanted);
    }),
  );
});
