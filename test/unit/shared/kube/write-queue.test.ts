import { describe, expect, test } from 'vitest';
import { WriteQueue } from '#shared/kube/write-queue.ts';
import type { Priority, Write } from '#shared/kube/write.ts';
import { VirtualClock } from '#test/simulation/time/virtual-clock.ts';
import { seededRandom } from '#test/simulation/time/random.ts';
import { RecordedLog, RecordedMetrics } from '#test/simulation/recorder.ts';
import { ScriptedKubeApi } from '#test/simulation/scripted-kube-api.ts';
import { things } from './objects/thing.ts';

function startQueue(daemon: 'controller' | 'speaker' = 'controller') {
  const api = new ScriptedKubeApi();
  const clock = new VirtualClock();
  const metrics = new RecordedMetrics();
  const fence = { open: true };
  const told: string[] = [];
  const queue = new WriteQueue(
    { daemon, mayWrite: () => fence.open },
    { api, clock, random: seededRandom(1), log: new RecordedLog(), metrics },
  );
  const write = (key: string, priority: Priority = 'allocate', colour = 'red'): Write => ({
    key,
    priority,
    request: { verb: 'patch', patch: 'merge', resource: things, namespace: 'web', name: key, body: { colour } },
    settled: ({ kind }) => told.push(`${key} ${colour} ${kind}`),
  });
  const add = (...parameters: Parameters<typeof write>): void => queue.add(write(...parameters));
  /** Names of the objects that are being written now, with the colours. */
  const flying = (): string[] =>
    api.open.map(({ request }) =>
      'name' in request && 'body' in request ? `${request.name} ${colourIn(request.body)}` : '',
    );
  return { api, clock, metrics, fence, told, queue, add, flying };
}

function colourIn(body: object): string {
  return (body as { colour: string }).colour;
}

const written = { metadata: { resourceVersion: '7' } };

test('a write is sent at once, and its owner hears the version', () => {
  const { api, told, queue, add } = startQueue();
  add('a');
  expect(queue.has('a')).toBe(true);
  api.next().ok(written);
  expect(told).toEqual(['a red written']);
  expect(queue.has('a')).toBe(false);
});

test('the controller begins with four in flight and takes more while answers come quickly', () => {
  const { api, add } = startQueue();
  for (let index = 0; index < 100; index++) add(`${index}`);
  expect(api.open).toHaveLength(4);
  for (let index = 0; index < 4; index++) api.next().ok(written);
  expect(api.open).toHaveLength(8);
});

test('the speaker has four in flight, and ten a second after the first fifty', () => {
  const { api, clock, add } = startQueue('speaker');
  for (let index = 0; index < 200; index++) add(`${index}`);
  const answerAll = (): void => {
    while (api.open.length > 0) {
      expect(api.open.length).toBeLessThanOrEqual(4);
      api.next().ok(written);
    }
  };
  answerAll();
  expect(api.requests).toHaveLength(50);
  for (let tick = 0; tick < 20; tick++) {
    clock.advance(100);
    answerAll();
  }
  expect(api.requests).toHaveLength(70);
});

test('conditions and pool statuses of the controller are held to 20 a second, and hold up nothing else', () => {
  const { api, clock, add } = startQueue();
  for (let index = 0; index < 50; index++) add(`condition-${index}`, index % 2 === 0 ? 'condition' : 'poolStatus');
  const answerAll = (): void => {
    while (api.open.length > 0) api.next().ok(written);
  };
  answerAll();
  expect(api.requests).toHaveLength(20);
  add('status', 'status');
  answerAll();
  expect(api.requests).toHaveLength(21);
  clock.advance(1_000);
  answerAll();
  expect(api.requests.length).toBeGreaterThanOrEqual(24);
  for (let tick = 0; tick < 20; tick++) {
    clock.advance(50);
    answerAll();
  }
  expect(api.requests.length).toBeLessThanOrEqual(21 + 40);
});

describe('a newer write of the key', () => {
  test('follows the one in flight', () => {
    const { api, told, add, flying } = startQueue();
    add('a');
    add('a', 'allocate', 'blue');
    add('a', 'allocate', 'green');
    expect(flying()).toEqual(['a red']);
    api.next().ok(written);
    expect(told).toEqual(['a blue dropped', 'a red written']);
    expect(flying()).toEqual(['a green']);
  });

  test('takes the place of one that backs off, at once if it is another', () => {
    const { api, told, add, flying } = startQueue();
    add('a');
    api.next().refuse(422);
    add('a');
    expect(flying()).toEqual([]);
    add('a', 'allocate', 'blue');
    expect(flying()).toEqual(['a blue']);
    expect(told).toEqual(['a red refused', 'a red dropped', 'a red dropped']);
  });
});

test.each([
  [409, 'conflict'],
  [404, 'gone'],
])('%i ends the write', (code, outcome) => {
  const { api, clock, told, queue, add } = startQueue();
  add('a');
  api.next().refuse(code);
  clock.advance(600_000);
  expect(told).toEqual([`a red ${outcome}`]);
  expect(queue.has('a')).toBe(false);
  expect(api.requests).toHaveLength(1);
});

function waitsMs(fail: (request: ReturnType<ScriptedKubeApi['next']>) => void, times: number): number[] {
  const { api, clock, add } = startQueue();
  add('a');
  return Array.from({ length: times }, () => {
    fail(api.next());
    const startMs = clock.nowMs();
    while (api.open.length === 0) clock.advance(10);
    return clock.nowMs() - startMs;
  });
}

test('what was refused is tried again, each time after twice as long, up to a minute', () => {
  waitsMs((request) => request.refuse(401), 14).forEach((waitMs, attempt) => {
    const meantMs = Math.min(60_000, 100 * 2 ** attempt);
    expect(waitMs).toBeGreaterThanOrEqual(meantMs * 0.8);
    expect(waitMs).toBeLessThanOrEqual(meantMs * 1.2 + 10);
  });
});

test('what only a person can set right is tried up to each five minutes', () => {
  const waits = waitsMs((request) => request.refuse(403), 14);
  expect(waits.at(-1)).toBeGreaterThanOrEqual(240_000);
  expect(waits.at(-1)).toBeLessThanOrEqual(360_010);
});

test.each([429, 503])('%i with Retry-After pauses everything for so long', (code) => {
  const { api, clock, told, add, flying } = startQueue();
  add('a');
  add('b');
  api.next().refuse(code, '', { retryAfterMs: 3_000 });
  add('c', 'release');
  expect(flying()).toEqual(['b red']);
  clock.advance(2_999);
  expect(flying()).toEqual(['b red']);
  clock.advance(1);
  expect(flying()).toEqual(['b red', 'c red', 'a red']);
  expect(told).toEqual(['a red refused']);
});

function lostWrite() {
  const started = startQueue();
  started.add('a');
  started.api.next().lose('ETIMEDOUT');
  return started;
}

describe('a write without an answer', () => {
  test('is left for 10 s to the watch, then sent again', () => {
    const { api, clock, told, flying } = lostWrite();
    expect(told).toEqual(['a red unknown']);
    clock.advance(7_999);
    expect(flying()).toEqual([]);
    clock.advance(4_001);
    expect(flying()).toEqual(['a red']);
    api.next().ok(written);
    expect(told).toEqual(['a red unknown', 'a red written']);
  });

  test('stays unknown when the second attempt meets another version: it may have been the first', () => {
    const { api, clock, told, queue } = lostWrite();
    clock.advance(12_000);
    api.next().refuse(409);
    expect(told).toEqual(['a red unknown', 'a red unknown']);
    expect(queue.has('a')).toBe(false);
  });

  test('stays unknown when the second attempt is refused', () => {
    const { api, clock, told, queue } = lostWrite();
    clock.advance(12_000);
    api.next().refuse(429);
    expect(told).toEqual(['a red unknown', 'a red unknown']);
    expect(queue.has('a')).toBe(true);
  });

  test('is forgotten when the watch has shown the truth', () => {
    const { api, clock, queue } = lostWrite();
    queue.remove('a');
    clock.advance(60_000);
    expect(api.requests).toHaveLength(1);
  });
});

test('one that never left is only refused', () => {
  const { api, clock, told, add, flying } = startQueue();
  add('a');
  api.next().lose('ECONNREFUSED');
  expect(told).toEqual(['a red refused']);
  clock.advance(120);
  expect(flying()).toEqual(['a red']);
});

describe('the fence', () => {
  test('drops what it does not let through', () => {
    const { api, fence, told, queue, add } = startQueue();
    fence.open = false;
    add('a');
    expect(told).toEqual(['a red dropped']);
    expect(queue.has('a')).toBe(false);
    expect(api.requests).toEqual([]);
  });

  test('is asked again before each attempt', () => {
    const { api, clock, fence, told, add } = startQueue();
    add('a');
    api.next().refuse(401);
    fence.open = false;
    clock.advance(120);
    expect(told).toEqual(['a red refused', 'a red dropped']);
    expect(api.requests).toHaveLength(1);
  });
});

test('clearing drops all that waits and lets what is in flight settle', () => {
  const { api, clock, told, queue, add } = startQueue();
  add('refused');
  api.next().refuse(422);
  for (let index = 0; index < 6; index++) add(`${index}`);
  told.length = 0;
  queue.clear();
  expect(told).toEqual(['refused red dropped', '5 red dropped']);
  while (api.open.length > 0) api.next().ok(written);
  clock.advance(600_000);
  expect(told).toHaveLength(2 + 5);
  expect(api.requests).toHaveLength(1 + 5);
});

describe('stopping', () => {
  test('sends what is held first', () => {
    const { api, told, queue, add } = startQueue();
    for (let index = 0; index < 6; index++) add(`${index}`);
    let stopped = false;
    queue.stop(() => (stopped = true));
    add('late');
    expect(told).toEqual(['late red dropped']);
    for (let index = 0; index < 6; index++) {
      expect(stopped).toBe(false);
      api.next().ok(written);
    }
    expect(stopped).toBe(true);
  });

  test('gives up after 3 s', () => {
    const { api, clock, told, queue, add } = startQueue();
    for (let index = 0; index < 6; index++) add(`${index}`);
    let stopped = false;
    queue.stop(() => (stopped = true));
    clock.advance(2_999);
    expect(stopped).toBe(false);
    clock.advance(1);
    expect(stopped).toBe(true);
    expect(told).toEqual(['4 red dropped', '5 red dropped']);
    api.next().ok(written);
    clock.advance(600_000);
    expect(told).toHaveLength(2);
  });

  test('is over at once when nothing is held', () => {
    const { queue } = startQueue();
    let stopped = false;
    queue.stop(() => (stopped = true));
    expect(stopped).toBe(true);
  });
});

test('depth, age and retries are seen', () => {
  const { api, clock, metrics, queue, add } = startQueue();
  add('a');
  api.next().refuse(422);
  clock.advance(30);
  add('b');
  queue.refresh();
  expect(metrics.values.get('ingot_queue_depth')).toBe(2);
  expect(metrics.values.get('ingot_queue_oldest_seconds')).toBe(0.03);
  expect(metrics.values.get('ingot_api_retries_total{resource="things",reason="422"}')).toBe(1);
});
