import { describe, expect, test } from 'vitest';
import type { KubeError } from '#shared/kube/kube-api.ts';
import { reconnectSpreadMs } from '#shared/kube/watcher.ts';
import { lostConnection, refusal } from '#test/simulation/scripted-kube-api.ts';
import { bookmark, initialEventsEnd, statusObject, thing, thingKey } from './objects/thing.ts';
import { watchingThings, watchThings } from './watched-things.ts';

const page = (items: readonly object[], resourceVersion: number, next?: string): object => ({
  metadata: { resourceVersion: String(resourceVersion), ...(next === undefined ? {} : { continue: next }) },
  items,
});

function lists(watch: { readonly request: object }): boolean {
  return 'sendInitialEvents' in watch.request;
}

describe('the first list', () => {
  test('is streamed, and complete at the annotated bookmark', () => {
    const { api, told, watcher, colours } = watchThings();
    const stream = api.openWatch;
    expect(stream.request).toMatchObject({ sendInitialEvents: true, namespace: 'web' });
    expect(stream.request.resourceVersion).toBeUndefined();
    expect(stream.request.timeoutSeconds).toBeGreaterThanOrEqual(600);
    expect(stream.request.timeoutSeconds).toBeLessThanOrEqual(1_200);
    stream.accept();
    stream.line('ADDED', thing('a', 1));
    stream.line('BOOKMARK', bookmark(5));
    stream.line('ADDED', thing('b', 2, 'blue'));
    expect(told).toEqual([]);
    expect(watcher.synced).toBe(false);
    stream.line('BOOKMARK', initialEventsEnd(10));
    expect(watcher.synced).toBe(true);
    expect(told).toEqual(['web/a red 1', 'web/b blue 2', 'synced']);
    stream.line('MODIFIED', thing('a', 11, 'green'));
    expect(colours()).toEqual({ a: 'green', b: 'blue' });
  });

  test('that breaks off is void, and begun again', () => {
    const { api, clock, told } = watchThings();
    api.openWatch.accept();
    api.openWatch.line('ADDED', thing('a', 1));
    api.openWatch.close(lostConnection());
    clock.advance(200);
    api.openWatch.accept();
    api.openWatch.line('ADDED', thing('b', 2));
    api.openWatch.line('BOOKMARK', initialEventsEnd(10));
    expect(told).toEqual(['web/b red 2', 'synced']);
  });

  test.each<[string, KubeError]>([
    ['is off', refusal(422, 'Invalid', { message: 'sendInitialEvents is forbidden for watch' })],
    ['is not known', refusal(400, 'BadRequest')],
  ])('comes in pages where streaming %s', (_, error) => {
    const { api, told } = watchThings();
    api.openWatch.close(error);
    expect(api.next().request).toMatchObject({ verb: 'list', namespace: 'web', limit: 500 });
    api.next().ok(page([thing('a', 1)], 10, 'more'));
    expect(told).toEqual([]);
    expect(api.next().request).toMatchObject({ verb: 'list', continue: 'more' });
    api.next().ok(page([thing('b', 2)], 10));
    expect(told).toEqual(['web/a red 1', 'web/b red 2', 'synced']);
    expect(api.openWatch.request).toMatchObject({ resourceVersion: '10' });
    expect(api.openWatch.request.sendInitialEvents).toBeUndefined();
  });
});

describe('a paged list', () => {
  const paging = () => {
    const watched = watchThings();
    watched.api.openWatch.close(refusal(400));
    watched.api.next().ok(page([thing('a', 1)], 10, 'more'));
    return watched;
  };

  test('asks again for the page that was lost', () => {
    const { api, clock, told } = paging();
    api.next().lose();
    clock.advance(200);
    expect(api.next().request).toMatchObject({ continue: 'more' });
    api.next().ok(page([thing('b', 2)], 10));
    expect(told).toEqual(['web/a red 1', 'web/b red 2', 'synced']);
  });

  test('starts over when the token has expired, at once the first time', () => {
    const { api, clock, told } = paging();
    api.next().refuse(410, 'Expired');
    expect(api.next().request).not.toHaveProperty('continue');
    api.next().refuse(410, 'Expired');
    expect(api.open).toEqual([]);
    clock.advance(200);
    api.next().ok(page([thing('c', 3)], 12));
    expect(told).toEqual(['web/c red 3', 'synced']);
  });

  test.each([
    ['no list', { metadata: { resourceVersion: '10' } }],
    ['no version', { items: [] }],
    ['an item without uid', page([{ metadata: { name: 'a', resourceVersion: '1' } }], 10)],
  ])('that is none (%s) is asked for again', (_, body) => {
    const { api, clock, told } = paging();
    api.next().ok(body);
    expect(told).toEqual([]);
    clock.advance(200);
    expect(api.next().request).not.toHaveProperty('continue');
  });
});

describe('a watch', () => {
  test('tells what changes, with the version, and whether it matters', () => {
    const { stream, told, watcher, colours } = watchingThings();
    const before = watcher.objects.get(thingKey('a'));
    stream.line('MODIFIED', thing('a', 11));
    stream.line('MODIFIED', thing('b', 12, 'blue'));
    stream.line('ADDED', thing('c', 13));
    stream.line('DELETED', thing('b', 14, 'blue'));
    stream.line('DELETED', thing('never seen', 15));
    expect(told).toEqual(['web/a red 11 same', 'web/b blue 12', 'web/c red 13', 'web/b gone 14']);
    expect(colours()).toEqual({ a: 'red', c: 'red' });
    expect(watcher.objects.get(thingKey('a'))).toBe(before);
    expect(watcher.resourceVersion(thingKey('a'))).toBe('11');
    expect(watcher.resourceVersion(thingKey('b'))).toBeUndefined();
  });

  test('shows an object that cannot be read as a problem, until it can', () => {
    const { stream, told, watcher } = watchingThings();
    stream.line('MODIFIED', thing('a', 11, 7));
    expect(watcher.problems).toEqual(new Map([[thingKey('a'), 'spec.colour: expected a string']]));
    stream.line('MODIFIED', thing('a', 12, 7));
    stream.line('MODIFIED', thing('a', 13));
    expect(told).toEqual(['web/a gone 11', 'web/a gone 12 same', 'web/a red 13']);
    expect(watcher.problems.size).toBe(0);
  });

  test.each<[string, number, (stream: ReturnType<typeof watchingThings>['stream']) => void]>([
    ['the last event', 11, (stream) => stream.line('MODIFIED', thing('a', 11))],
    ['the end of an object', 12, (stream) => stream.line('DELETED', thing('a', 12))],
    ['a bookmark', 13, (stream) => stream.line('BOOKMARK', bookmark(13))],
    ['the list', 10, () => {}],
  ])('that ends goes on at once from %s', (_, resourceVersion, happen) => {
    const { api, stream, told } = watchingThings();
    happen(stream);
    told.length = 0;
    stream.close();
    expect(api.openWatch.request).toMatchObject({ resourceVersion: String(resourceVersion) });
    expect(told).toEqual([]);
  });

  test('that ends within a second is not opened again at once', () => {
    const { api, clock, stream } = watchingThings();
    stream.close();
    api.openWatch.accept();
    clock.advance(999);
    api.openWatch.close();
    expect(() => api.openWatch).toThrow('no watch is open');
    clock.advance(200);
    expect(api.openWatch.request).toMatchObject({ resourceVersion: '10' });
  });

  test.each([lostConnection(), lostConnection('partialLine'), lostConnection('ENOTFOUND')])(
    'that is lost ($code) goes on after a back-off, and nothing vanishes',
    (error) => {
      const { api, clock, stream, told, colours } = watchingThings();
      stream.close(error);
      expect(() => api.openWatch).toThrow('no watch is open');
      clock.advance(200);
      expect(api.openWatch.request).toMatchObject({ resourceVersion: '10' });
      expect(told).toEqual([]);
      expect(colours()).toEqual({ a: 'red', b: 'red' });
    },
  );

  test('that falls silent for 240 s is given up and opened again', () => {
    const { api, clock, stream } = watchingThings();
    stream.line('BOOKMARK', bookmark(11));
    clock.advance(239_999);
    expect(stream.open).toBe(true);
    clock.advance(1);
    expect(stream.open).toBe(false);
    expect(api.openWatch.request).toMatchObject({ resourceVersion: '11' });
  });

  test('with a bookmark each minute is never silent', () => {
    const { clock, stream } = watchingThings();
    for (let minute = 0; minute < 15; minute++) {
      clock.advance(60_000);
      stream.line('BOOKMARK', bookmark(11 + minute));
    }
    expect(stream.open).toBe(true);
  });

  test.each<[string, (stream: ReturnType<typeof watchingThings>['stream']) => void]>([
    ['as an answer', (stream) => stream.close(refusal(410, 'Expired'))],
    ['as an event', (stream) => stream.line('ERROR', statusObject(410, 'Expired'))],
  ])('whose version is gone (%s) lists anew: at once, then after a back-off', (_, expire) => {
    const { api, clock, stream, colours } = watchingThings();
    expire(stream);
    expect(lists(api.openWatch)).toBe(true);
    expect(colours()).toEqual({ a: 'red', b: 'red' });
    api.openWatch.accept();
    expire(api.openWatch);
    expect(() => api.openWatch).toThrow('no watch is open');
    clock.advance(200);
    expect(lists(api.openWatch)).toBe(true);
  });

  test.each<[string, (stream: ReturnType<typeof watchingThings>['stream']) => void]>([
    ['a line that is no event', (stream) => stream.garbage()],
    ['an unknown type', (stream) => stream.line('RENAMED', thing('a', 11))],
    ['an object without version', (stream) => stream.line('MODIFIED', { metadata: { name: 'a', uid: 'x' } })],
    ['an object without uid', (stream) => stream.line('ADDED', { metadata: { name: 'a', resourceVersion: '3' } })],
    ['a bookmark without version', (stream) => stream.line('BOOKMARK', { metadata: {} })],
    ['a bookmark that is a text', (stream) => stream.line('BOOKMARK', 'soon')],
  ])('with %s lists anew after a back-off', (_, happen) => {
    const { api, clock, metrics, stream } = watchingThings();
    happen(stream);
    expect(stream.open).toBe(false);
    expect(() => api.openWatch).toThrow('no watch is open');
    clock.advance(200);
    expect(lists(api.openWatch)).toBe(true);
    expect(metrics.values.get('ingot_watch_restarts_total{kind="Thing",reason="garbage"}')).toBe(1);
    expect(metrics.values.get('ingot_relists_total{kind="Thing"}')).toBe(1);
  });

  test('ahead of its replica waits and asks the same, and lists anew after five times', () => {
    const { api, clock, stream } = watchingThings();
    stream.close();
    for (let time = 1; time < 5; time++) {
      api.openWatch.close(refusal(504, 'Timeout', { retryAfterMs: 1_000 }));
      clock.advance(999);
      expect(() => api.openWatch).toThrow('no watch is open');
      clock.advance(2_500);
      expect(api.openWatch.request).toMatchObject({ resourceVersion: '10' });
    }
    api.openWatch.close(refusal(504, 'Timeout', { retryAfterMs: 1_000 }));
    clock.advance(10_000);
    expect(lists(api.openWatch)).toBe(true);
  });

  test('that the server fails three times in a row lists anew', () => {
    const { api, clock, stream } = watchingThings();
    stream.line('ERROR', statusObject(500, 'InternalError'));
    clock.advance(200);
    expect(lists(api.openWatch)).toBe(false);
    api.openWatch.close(refusal(500));
    clock.advance(400);
    expect(lists(api.openWatch)).toBe(false);
    api.openWatch.close(refusal(500));
    clock.advance(800);
    expect(lists(api.openWatch)).toBe(true);
  });

  test.each([429, 503])('turned away with %i comes not before Retry-After, and up to a quarter later', (code) => {
    const { api, clock, stream } = watchingThings();
    stream.close();
    api.openWatch.close(refusal(code, '', { retryAfterMs: 8_000 }));
    clock.advance(7_999);
    expect(() => api.openWatch).toThrow('no watch is open');
    clock.advance(2_001);
    expect(api.openWatch.request).toMatchObject({ resourceVersion: '10' });
  });
});

test('without rights it says so, keeps what it has and asks ever more rarely, but each minute', () => {
  const { api, clock, stream, watcher, colours } = watchingThings();
  stream.close();
  for (let attempt = 0; attempt < 15; attempt++) {
    api.openWatch.close(refusal(403, 'Forbidden', { message: 'may not' }));
    expect(watcher.blocked).toBe('403 forbidden: may not');
    clock.advance(60_000);
  }
  expect(colours()).toEqual({ a: 'red', b: 'red' });
  api.openWatch.accept();
  expect(watcher.blocked).toBeUndefined();
});

test('a kind that is missing is asked for each 10 s', () => {
  const { api, clock, watcher } = watchThings();
  api.openWatch.close(refusal(404, 'NotFound', { message: 'page not found' }));
  expect(watcher.blocked).toBe('404 no such kind: page not found');
  clock.advance(9_999);
  expect(() => api.openWatch).toThrow('no watch is open');
  clock.advance(1);
  expect(api.openWatch.request).toMatchObject({ sendInitialEvents: true });
});

test('back-off doubles to 30 s while nothing helps, and starts anew after 10 s of health', () => {
  const { api, clock, stream } = watchingThings();
  const waits: number[] = [];
  stream.close();
  for (let attempt = 0; attempt < 12; attempt++) {
    api.openWatch.close(lostConnection());
    const startMs = clock.nowMs();
    while (api.watches.every((watch) => !watch.open)) clock.advance(1);
    waits.push(clock.nowMs() - startMs);
  }
  waits.forEach((waitMs, attempt) => expect(waitMs).toBeLessThanOrEqual(Math.min(30_000, 200 * 2 ** attempt)));
  expect(Math.max(...waits)).toBeGreaterThan(10_000);
  api.openWatch.accept();
  clock.advance(10_000);
  api.openWatch.close(lostConnection());
  clock.advance(200);
  expect(api.openWatch.open).toBe(true);
});

test('a fleet spreads its return after a loss', () => {
  const { api, clock, stream } = watchingThings({ jitterMs: () => 30_000 });
  stream.close(lostConnection());
  clock.advance(201);
  expect(() => api.openWatch).toThrow('no watch is open');
  clock.advance(29_799);
  expect(api.openWatch.open).toBe(true);
});

test.each([
  [3, 30],
  [1_000, 10_000],
  [5_000, 30_000],
  [undefined, 10_000],
])('%s nodes return over %i ms', (nodes, spreadMs) => {
  expect(reconnectSpreadMs(nodes)).toBe(spreadMs);
});

describe('a list anew', () => {
  test('is a difference: what is equal keeps its identity, what is not seen goes', () => {
    const { api, told, watcher } = watchingThings();
    const before = watcher.objects.get(thingKey('a'));
    watcher.relist();
    api.openWatch.accept();
    api.openWatch.line('ADDED', thing('a', 1));
    api.openWatch.line('ADDED', thing('c', 20));
    expect(told).toEqual([]);
    expect([...watcher.objects.keys()]).toEqual(['web/a', 'web/b']);
    api.openWatch.line('BOOKMARK', initialEventsEnd(21));
    expect(told).toEqual(['web/b gone -', 'web/c red 20', 'synced']);
    expect(watcher.objects.get(thingKey('a'))).toBe(before);
  });

  test('that was asked for ends the list that runs, which began too early', () => {
    const { api, watcher } = watchThings();
    const early = api.openWatch;
    watcher.relist();
    expect(early.open).toBe(false);
    expect(api.openWatch.request).toMatchObject({ sendInitialEvents: true });
  });

  test('shows an object that was replaced by one of its name as changed', () => {
    const { stream, told, watcher } = watchingThings();
    const before = watcher.objects.get(thingKey('a'));
    const successor = { ...thing('a', 11), metadata: { ...metadataOf(thing('a', 11)), uid: 'another' } };
    stream.line('MODIFIED', successor);
    expect(told).toEqual(['web/a red 11']);
    expect(watcher.objects.get(thingKey('a'))).not.toBe(before);
  });
});

function metadataOf(object: object): object {
  return (object as { metadata: object }).metadata;
}

test('a watcher that is stopped asks nothing and tells nothing any more', () => {
  const { api, clock, stream, told, watcher } = watchingThings();
  watcher.stop();
  expect(stream.open).toBe(false);
  watcher.relist();
  clock.advance(600_000);
  expect(api.watches).toHaveLength(1);
  expect(told).toEqual([]);
});

test('the age of the last event is that of the last byte', () => {
  const { clock, metrics, stream, watcher } = watchingThings();
  stream.line('BOOKMARK', bookmark(11));
  clock.advance(5_000);
  watcher.refresh();
  expect(metrics.values.get('ingot_last_event_age_seconds{kind="Thing"}')).toBe(5);
  expect(watcher.lastEventMs).toBe(clock.nowMs() - 5_000);
  watcher.stop();
  expect(metrics.values.has('ingot_last_event_age_seconds{kind="Thing"}')).toBe(false);
});
