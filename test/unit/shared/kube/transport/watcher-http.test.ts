// A watcher on the real adapter, against a server that misbehaves in every way. The watcher's time is virtual: only the sockets are real.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Watcher } from '#shared/kube/watcher.ts';
import { VirtualClock } from '#test/simulation/time/virtual-clock.ts';
import { seededRandom } from '#test/simulation/time/random.ts';
import { ScriptedHttpServer, type HttpCall } from '#test/simulation/scripted-http-server.ts';
import {
  allThings,
  bookmark,
  initialEventsEnd,
  parseThing,
  statusObject,
  thing,
  type ThingView,
} from '../objects/thing.ts';
import { HttpClient, plainCredentials } from './http-client.ts';

const fast = { interval: 5 };

let server: ScriptedHttpServer;
let client: HttpClient;
let clock: VirtualClock;
let watcher: Watcher<ThingView>;
let restarts: number;

beforeEach(async () => {
  server = await ScriptedHttpServer.start();
  client = new HttpClient(plainCredentials(server.port));
  clock = new VirtualClock();
  const { api, log, metrics } = client;
  const dependencies = { api, clock, random: seededRandom(1), log, metrics };
  watcher = new Watcher({ selection: allThings, parse: parseThing }, dependencies, { synced() {}, changed() {} });
  restarts = 0;
  watcher.start();
});

afterEach(async () => {
  watcher.stop();
  await client.api.stop();
  await server.stop();
});

/** The copy, as colours by name. */
function colours(): Record<string, string> {
  return Object.fromEntries([...watcher.objects.values()].map(({ name, colour }) => [name, colour]));
}

/** The watcher has noticed, for this reason, and then so much of its time passes. */
async function restartsFor(reason: string, ms: number): Promise<void> {
  restarts++;
  await vi.waitFor(() => {
    const noticed = client.log.lines.filter(({ message }) => message === 'watching begins again');
    expect(noticed.map(({ fields }) => fields['reason'])).toHaveLength(restarts);
    expect(noticed.at(-1)?.fields['reason']).toBe(reason);
  }, fast);
  clock.advance(ms);
}

/** A stream of `a` and `b`, complete at version 10. */
async function listed(): Promise<HttpCall> {
  const stream = (await server.next()).stream();
  expect(stream.query.get('sendInitialEvents')).toBe('true');
  stream.line('ADDED', thing('a', 1)).line('ADDED', thing('b', 2)).line('BOOKMARK', initialEventsEnd(10));
  await expect.poll(colours, fast).toEqual({ a: 'red', b: 'red' });
  clock.advance(10_000);
  return stream;
}

/** The next request watches on from this version. */
async function watchesFrom(resourceVersion: string): Promise<HttpCall> {
  const call = await server.next();
  expect(Object.fromEntries(call.query)).toMatchObject({ watch: 'true', allowWatchBookmarks: 'true', resourceVersion });
  return call;
}

/** Without `b`, with `c`. */
async function listsAnew(): Promise<void> {
  const stream = (await server.next()).stream();
  expect(stream.query.has('resourceVersion')).toBe(false);
  stream.line('ADDED', thing('a', 1)).line('ADDED', thing('c', 20)).line('BOOKMARK', initialEventsEnd(21));
}

test('a reset in the middle of a line: it goes on from the last whole one', async () => {
  const stream = await listed();
  stream.line('MODIFIED', thing('a', 11, 'blue')).raw('{"type":"DELETED","object":{"metadata"');
  await expect.poll(colours, fast).toEqual({ a: 'blue', b: 'red' });
  stream.reset();
  await restartsFor('lost', 200);
  (await watchesFrom('11')).stream().line('DELETED', thing('b', 12));
  await expect.poll(colours, fast).toEqual({ a: 'blue' });
});

test('bookmarks: it goes on from the last one', async () => {
  const stream = await listed();
  stream.line('BOOKMARK', bookmark(50)).end();
  await restartsFor('ended', 0);
  expect((await server.next()).query.get('resourceVersion')).toBe('50');
});

test('410 as the answer', async () => {
  const stream = await listed();
  stream.end();
  await restartsFor('ended', 0);
  (await watchesFrom('10')).json(statusObject(410, 'Expired'), 410);
  await restartsFor('expired', 0);
  await listsAnew();
  await expect.poll(colours, fast).toEqual({ a: 'red', c: 'red' });
});

test('410 as an event', async () => {
  (await listed()).line('ERROR', statusObject(410, 'Expired'));
  await restartsFor('expired', 0);
  await listsAnew();
  await expect.poll(colours, fast).toEqual({ a: 'red', c: 'red' });
});

test('429 with Retry-After', async () => {
  (await listed()).end();
  await restartsFor('ended', 0);
  (await watchesFrom('10')).json(statusObject(429, 'TooManyRequests'), 429, { 'retry-after': '7' });
  await restartsFor('overload', 6_999);
  expect(server.waiting).toBe(0);
  clock.advance(7_000 * 1.25 - 6_999);
  await watchesFrom('10');
});

test('504: the version is too large for the replica', async () => {
  (await listed()).end();
  await restartsFor('ended', 0);
  (await watchesFrom('10')).json(statusObject(504, 'Timeout', 1), 504);
  await restartsFor('replicaLags', 1_250);
  (await watchesFrom('10')).stream().line('ADDED', thing('c', 11));
  await expect.poll(colours, fast).toEqual({ a: 'red', b: 'red', c: 'red' });
});

test('a stream that falls silent', async () => {
  const stream = await listed();
  clock.advance(240_000);
  await restartsFor('silent', 0);
  await vi.waitFor(() => expect(stream.gone).toBe(true));
  (await watchesFrom('10')).stream().line('DELETED', thing('a', 11));
  await expect.poll(colours, fast).toEqual({ b: 'red' });
});

test('streaming is not supported, and a page of the list is lost', async () => {
  (await server.next()).json({ ...statusObject(422, 'Invalid'), message: 'sendInitialEvents: Forbidden' }, 422);
  const first = await server.next();
  expect(first.query.get('limit')).toBe('500');
  first.json({ metadata: { resourceVersion: '10', continue: 'more' }, items: [thing('a', 1)] });
  const second = await server.next();
  expect(second.query.get('continue')).toBe('more');
  second.reset();
  await restartsFor('lost', 200);
  const again = await server.next();
  expect(again.query.get('continue')).toBe('more');
  expect(watcher.synced).toBe(false);
  again.json({ metadata: { resourceVersion: '10' }, items: [thing('b', 2)] });
  await expect.poll(colours, fast).toEqual({ a: 'red', b: 'red' });
  await watchesFrom('10');
});

test('a line that is no event', async () => {
  (await listed()).raw('Internal Server Error\n');
  await restartsFor('garbage', 200);
  await listsAnew();
  await expect.poll(colours, fast).toEqual({ a: 'red', c: 'red' });
});

test('the server goes away and comes back', async () => {
  await listed();
  const { port } = server;
  await server.stop();
  await restartsFor('lost', 200);
  await restartsFor('lost', 400);
  await restartsFor('lost', 0);
  await expect.poll(colours, fast).toEqual({ a: 'red', b: 'red' });
  server = await ScriptedHttpServer.start(undefined, port);
  clock.advance(800);
  (await watchesFrom('10')).stream().line('ADDED', thing('c', 11));
  await expect.poll(colours, fast).toEqual({ a: 'red', b: 'red', c: 'red' });
});
