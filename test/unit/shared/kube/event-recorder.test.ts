import { describe, expect, test } from 'vitest';
import { EventRecorder, type RecordedEvent } from '#shared/kube/event-recorder.ts';
import { WriteQueue } from '#shared/kube/write-queue.ts';
import { VirtualClock } from '#test/simulation/time/virtual-clock.ts';
import { seededRandom } from '#test/simulation/time/random.ts';
import { RecordedLog, RecordedMetrics } from '#test/simulation/recorder.ts';
import { ScriptedKubeApi, type ScriptedRequest } from '#test/simulation/scripted-kube-api.ts';

function startRecorder() {
  const api = new ScriptedKubeApi();
  const clock = new VirtualClock();
  const log = new RecordedLog();
  const random = seededRandom(1);
  const queue = new WriteQueue(
    { daemon: 'controller', mayWrite: () => true },
    { api, clock, random, log, metrics: new RecordedMetrics() },
  );
  const recorder = new EventRecorder(
    { controller: 'metallb-controller', instance: 'controller-0' },
    { clock, random, log, queue },
  );
  return { api, clock, log, queue, recorder };
}

function event(name = 'shop', fields: Partial<RecordedEvent> = {}): RecordedEvent {
  return {
    regarding: { apiVersion: 'v1', kind: 'Service', namespace: 'web', name, uid: `uid-${name}` },
    type: 'Normal',
    reason: 'IPAllocated',
    action: 'Allocate',
    note: 'Assigned IP ["192.0.2.1"]',
    ...fields,
  };
}

function bodyOf({ request }: ScriptedRequest): Record<string, unknown> & { metadata: { name: string } } {
  if (request.verb !== 'create' && request.verb !== 'patch') throw new Error(`not written: ${request.verb}`);
  return request.body as ReturnType<typeof bodyOf>;
}

const made = { metadata: { resourceVersion: '1' } };

function answerAll(api: ScriptedKubeApi): void {
  while (api.open.length > 0) api.next().ok(made);
}

test('an Event is complete', () => {
  const { api, recorder } = startRecorder();
  recorder.record(event());
  expect(api.next().request).toMatchObject({ verb: 'create', namespace: 'web', resource: { plural: 'events' } });
  expect(bodyOf(api.next())).toEqual({
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { namespace: 'web', name: expect.stringMatching(/^shop\.[0-9a-f]{16}$/) },
    eventTime: '2026-01-01T00:00:00.000000Z',
    reportingController: 'metallb-controller',
    reportingInstance: 'controller-0',
    regarding: { apiVersion: 'v1', kind: 'Service', namespace: 'web', name: 'shop', uid: 'uid-shop' },
    type: 'Normal',
    reason: 'IPAllocated',
    action: 'Allocate',
    note: 'Assigned IP ["192.0.2.1"]',
  });
});

test('of a cluster-scoped object it is in the namespace default', () => {
  const { api, recorder } = startRecorder();
  recorder.record(event('n1', { regarding: { apiVersion: 'v1', kind: 'Node', namespace: '', name: 'n1', uid: 'u' } }));
  expect(api.next().request).toMatchObject({ namespace: 'default' });
  expect(bodyOf(api.next())['regarding']).toEqual({ apiVersion: 'v1', kind: 'Node', name: 'n1', uid: 'u' });
});

test.each([
  ['of 253 characters is cut', `${'a'.repeat(199)}-${'b'.repeat(53)}`, 'a'.repeat(199)],
  ['with dots stays', 'lan.example', 'lan.example'],
])('a name %s', (_, name, part) => {
  const { api, recorder } = startRecorder();
  recorder.record(event(name));
  expect(bodyOf(api.next()).metadata.name.slice(0, -17)).toBe(part);
});

test('a note is cut to 1,024 bytes of whole characters', () => {
  const { api, recorder } = startRecorder();
  recorder.record(event('shop', { note: `a${'é'.repeat(1_024)}` }));
  expect(bodyOf(api.next())['note']).toBe(`a${'é'.repeat(511)}`);
});

describe('a repeat', () => {
  test('is only counted, and told each minute', () => {
    const { api, clock, recorder } = startRecorder();
    recorder.record(event());
    const { name } = bodyOf(api.next()).metadata;
    answerAll(api);
    clock.advance(1_000);
    recorder.record(event());
    recorder.record(event());
    expect(api.requests).toHaveLength(1);
    clock.advance(59_000);
    expect(api.next().request).toMatchObject({ verb: 'patch', patch: 'merge', namespace: 'web', name });
    expect(bodyOf(api.next())).toEqual({ series: { count: 3, lastObservedTime: '2026-01-01T00:00:01.000000Z' } });
    answerAll(api);
    clock.advance(300_000);
    expect(api.requests).toHaveLength(2);
  });

  test('after 10 min of quiet is a new Event', () => {
    const { api, clock, recorder } = startRecorder();
    recorder.record(event());
    answerAll(api);
    clock.advance(600_000);
    recorder.record(event());
    expect(api.next().request.verb).toBe('create');
  });

  test.each<[string, Partial<RecordedEvent>]>([
    ['note', { note: 'Assigned IP ["192.0.2.2"]' }],
    ['reason', { reason: 'AllocationFailed' }],
  ])('with another %s is another Event', (_, fields) => {
    const { api, recorder } = startRecorder();
    recorder.record(event());
    recorder.record(event('shop', fields));
    expect(api.open.map(({ request }) => request.verb)).toEqual(['create', 'create']);
  });
});

describe('too much', () => {
  test('of one object is held to 25 and one each 10 s', () => {
    const { api, clock, recorder } = startRecorder();
    const record = (count: number): void => {
      for (let index = 0; index < count; index++) recorder.record(event('shop', { note: `${clock.nowMs()} ${index}` }));
      answerAll(api);
    };
    record(100);
    expect(api.requests).toHaveLength(25);
    clock.advance(20_000);
    record(100);
    expect(api.requests).toHaveLength(27);
  });

  test('of the daemon is held to 25 and five a second', () => {
    const { api, clock, recorder } = startRecorder();
    for (let index = 0; index < 100; index++) recorder.record(event(`shop-${index}`));
    answerAll(api);
    expect(api.requests).toHaveLength(25);
    clock.advance(1_000);
    for (let index = 100; index < 200; index++) recorder.record(event(`shop-${index}`));
    answerAll(api);
    expect(api.requests).toHaveLength(30);
  });

  test('of the daemon still leaves room for ten Warnings', () => {
    const { api, recorder } = startRecorder();
    for (let index = 0; index < 100; index++) recorder.record(event(`shop-${index}`));
    for (let index = 0; index < 100; index++) recorder.record(event(`pool-${index}`, { type: 'Warning' }));
    answerAll(api);
    expect(api.requests.map((each) => bodyOf(each)['type']).filter((type) => type === 'Warning')).toHaveLength(10);
    expect(api.requests).toHaveLength(35);
  });

  test('is counted in one line of the log', () => {
    const { api, clock, log, recorder } = startRecorder();
    for (let index = 0; index < 100; index++) recorder.record(event('shop', { note: `${index}` }));
    answerAll(api);
    clock.advance(180_000);
    expect(log.lines.filter(({ level }) => level === 'warn')).toEqual([
      { level: 'warn', fields: { suppressed: 75 }, message: 'too many Events: these were not written' },
    ]);
  });
});

describe('an Event that is not taken', () => {
  test.each<[string, (request: ScriptedRequest) => void, number]>([
    ['is tried three times', (request) => request.refuse(500), 3],
    ['is tried three times without an answer', (request) => request.lose(), 3],
    ['is dropped when its namespace is gone', (request) => request.refuse(404), 1],
    [
      'is dropped when its namespace is going',
      (request) => request.refuse(403, 'Forbidden', { message: 'namespace web is being terminated' }),
      1,
    ],
  ])('%s', (_, answer, attempts) => {
    const { api, clock, queue, recorder } = startRecorder();
    recorder.record(event());
    for (let second = 0; second < 600; second++) {
      for (const request of api.open) answer(request);
      clock.advance(100);
    }
    expect(api.requests).toHaveLength(attempts);
    expect(queue.has(`event/uid-shop/IPAllocated/${event().note}`)).toBe(false);
  });
});
