import { gzipSync } from 'node:zlib';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { KubeRequest } from '#shared/kube/kube-api.ts';
import { ScriptedHttpServer } from '#test/simulation/scripted-http-server.ts';
import { thing, things } from '../objects/thing.ts';
import { HttpClient, plainCredentials } from './http-client.ts';

let server: ScriptedHttpServer;
let client: HttpClient;

beforeEach(async () => {
  server = await ScriptedHttpServer.start();
  client = new HttpClient(plainCredentials(server.port));
});

afterEach(async () => {
  await client.api.stop();
  await server.stop();
});

const get: KubeRequest = { verb: 'get', resource: things, namespace: 'web', name: 'a' };
const list: KubeRequest = { verb: 'list', resource: things, namespace: 'web', limit: 500 };
const create: KubeRequest = { verb: 'create', resource: things, namespace: 'web', body: { a: 1 } };
const watching = { resource: things, namespace: 'web', resourceVersion: '1', timeoutSeconds: 600 };

describe('a request', () => {
  test('says who asks and what for', async () => {
    const answer = client.ask(create);
    const call = await server.next();
    expect(call).toMatchObject({ method: 'POST', path: '/apis/test.dev/v1/namespaces/web/things', body: '{"a":1}' });
    expect(call.headers).toMatchObject({
      'user-agent': 'ingot-speaker/1.2.3 (n1)',
      accept: 'application/json',
      'content-type': 'application/json',
    });
    call.json(thing('a', 1), 201);
    expect(await answer).toEqual({ kind: 'ok', body: thing('a', 1) });
    expect(client.metrics.values.get('ingot_api_requests_total{verb="create",resource="things",code="201"}')).toBe(1);
  });

  test('is answered with the refusal', async () => {
    const answer = client.ask(create);
    (await server.next()).json({ reason: 'TooManyRequests', message: 'later' }, 429, { 'retry-after': '3' });
    expect(await answer).toEqual({
      kind: 'failed',
      error: { kind: 'status', code: 429, reason: 'TooManyRequests', message: 'later', retryAfterMs: 3_000 },
    });
  });

  test.each<[string, (call: Awaited<ReturnType<ScriptedHttpServer['next']>>) => void, string]>([
    ['is reset', (call) => call.reset(), 'UND_ERR_SOCKET'],
    ['breaks off in the body', (call) => call.stream().raw('{"a":').reset(), 'UND_ERR_SOCKET'],
    ['is no JSON', (call) => call.bytes('<html>'), 'noJson'],
  ])('whose answer %s has none', async (_, happen, code) => {
    const answer = client.ask(get);
    happen(await server.next());
    expect(await answer).toMatchObject({ kind: 'failed', error: { kind: 'connection', code } });
    expect(client.metrics.values.size).toBeGreaterThan(0);
  });

  test('to nobody has no answer', async () => {
    await server.stop();
    expect(await client.ask(get)).toMatchObject({ error: { kind: 'connection', code: 'ECONNREFUSED' } });
    server = await ScriptedHttpServer.start();
  });

  test('that was cancelled is not answered', async () => {
    const answered = vi.fn<() => void>();
    const cancel = client.api.request(get, answered);
    const call = await server.next();
    cancel();
    await vi.waitFor(() => expect(call.gone).toBe(true));
    expect(answered).not.toHaveBeenCalled();
  });

  test('that is cancelled while it waits for its turn is not sent', async () => {
    const answers = Array.from({ length: 4 }, () => client.ask(create));
    const answered = vi.fn<() => void>();
    const cancel = client.api.request(create, answered);
    const calls = await Promise.all(answers.map(() => server.next()));
    cancel();
    for (const call of calls) call.json({});
    await Promise.all(answers);
    void client.ask(get);
    expect((await server.next()).method).toBe('GET');
    expect(answered).not.toHaveBeenCalled();
  });

  test('that was cancelled before it could be sent is not answered', async () => {
    const answered = vi.fn<() => void>();
    client.api.request(get, answered)();
    const other = client.ask(create);
    const call = await server.next();
    expect(call.method).toBe('POST');
    call.json({});
    await other;
    expect(answered).not.toHaveBeenCalled();
  });

  test('warnings of the server are logged, each once', async () => {
    for (let time = 0; time < 2; time++) {
      const answer = client.ask(create);
      (await server.next()).json({}, 200, { warning: '299 - "unknown field spec.colour"' });
      await answer;
    }
    expect(client.log.lines).toEqual([
      { level: 'warn', fields: { warning: '299 - "unknown field spec.colour"' }, message: 'the apiserver warns' },
    ]);
  });
});

describe('time-outs', () => {
  test('end a request; two in a row give up the connection', async () => {
    const hasty = new HttpClient(plainCredentials(server.port), { writeTimeoutMs: 30 });
    for (let time = 0; time < 2; time++) {
      expect(await hasty.ask(create)).toMatchObject({ error: { kind: 'connection', code: 'ETIMEDOUT' } });
    }
    expect(hasty.log.lines.map(({ fields }) => fields)).toEqual([{ reason: 'requests time out' }]);
    await hasty.api.stop();
  });

  test('that are not in a row give up nothing', async () => {
    const hasty = new HttpClient(plainCredentials(server.port), { writeTimeoutMs: 300 });
    for (let time = 0; time < 2; time++) {
      await hasty.ask(create);
      await server.next();
      const answer = hasty.ask(create);
      (await server.next()).json({});
      expect(await answer).toMatchObject({ kind: 'ok' });
    }
    expect(hasty.log.lines).toEqual([]);
    await hasty.api.stop();
  });
});

describe('a list', () => {
  test('comes packed', async () => {
    const answer = client.ask(list);
    const call = await server.next();
    expect(call.headers['accept-encoding']).toBe('gzip');
    call.bytes(gzipSync('{"items":[]}'), 200, { 'content-encoding': 'gzip' });
    expect(await answer).toEqual({ kind: 'ok', body: { items: [] } });
  });

  test('that is packed badly is none', async () => {
    const answer = client.ask(list);
    (await server.next()).bytes(gzipSync('{"items":[]}').subarray(0, 20), 200, { 'content-encoding': 'gzip' });
    expect(await answer).toMatchObject({ kind: 'failed', error: { kind: 'connection' } });
  });

  test('with too large pages is asked for in smaller ones, from then on', async () => {
    const small = new HttpClient(plainCredentials(server.port), { mostBodyBytes: 100 });
    const answer = small.ask(list);
    const limits: (string | null)[] = [];
    for (;;) {
      const call = await server.next();
      const limit = Number(call.query.get('limit'));
      limits.push(call.query.get('limit'));
      const packed = gzipSync(JSON.stringify({ items: 'x'.repeat(limit) }));
      call.bytes(packed, 200, { 'content-encoding': 'gzip' });
      if (limit < 80) break;
    }
    expect(await answer).toMatchObject({ kind: 'ok' });
    expect(limits).toEqual(['500', '250', '125', '62']);
    void small.ask(list);
    expect((await server.next()).query.get('limit')).toBe('62');
    await small.api.stop();
  });

  test('of one object that is too large has no answer', async () => {
    const small = new HttpClient(plainCredentials(server.port), { mostBodyBytes: 100 });
    const answer = small.ask({ ...list, limit: 2 });
    for (let time = 0; time < 2; time++) (await server.next()).json({ items: 'x'.repeat(200) });
    expect(await answer).toMatchObject({ error: { kind: 'connection', code: 'bodyTooLarge' } });
    await small.api.stop();
  });
});

test('no more than four reads are in flight', async () => {
  const answers = Array.from({ length: 6 }, () => client.ask(get));
  const calls = await Promise.all(Array.from({ length: 4 }, () => server.next()));
  await sleep(20);
  expect(server.waiting).toBe(0);
  calls[0]?.json({});
  (await server.next()).json({});
  (await server.next()).json({});
  for (const call of calls.slice(1)) call.json({});
  expect(await Promise.all(answers)).toHaveLength(6);
});

test('without HTTP/2 four requests take a connection each, besides those of watches', async () => {
  const watches = Array.from({ length: 3 }, () => client.watch(watching));
  for (let count = 0; count < watches.length; count++) (await server.next()).stream();
  await Promise.all(watches.map((events) => events.next()));
  const answers = Array.from({ length: 10 }, () => client.ask(create));
  await sleep(20);
  expect(server.waiting).toBe(4);
  for (let count = 0; count < answers.length; count++) (await server.next()).json({});
  await Promise.all(answers);
  expect(server.connections).toBeLessThanOrEqual(3 + 4);
});

describe('a watch', () => {
  test('is accepted, tells its lines and ends', async () => {
    const events = client.watch(watching);
    const call = await server.next();
    expect(call.query.get('watch')).toBe('true');
    call.stream();
    expect(await events.next()).toEqual({ kind: 'opened' });
    const text = JSON.stringify({ type: 'ADDED', object: thing('ä', 1) });
    call.raw(text.slice(0, 70));
    await sleep(5);
    call.raw(`${text.slice(70)}\n`).line('BOOKMARK', { metadata: { resourceVersion: '9' } });
    expect(await events.next()).toEqual({ kind: 'line', line: { type: 'ADDED', object: thing('ä', 1) } });
    expect(await events.next()).toMatchObject({ line: { type: 'BOOKMARK' } });
    call.end();
    expect(await events.next()).toEqual({ kind: 'closed' });
  });

  test('that is refused says why', async () => {
    const events = client.watch(watching);
    (await server.next()).json({ reason: 'Expired', message: 'too old' }, 410);
    expect(await events.next()).toEqual({
      kind: 'closed',
      error: { kind: 'status', code: 410, reason: 'Expired', message: 'too old' },
    });
  });

  test('that is reset in the middle of a line is lost', async () => {
    const events = client.watch(watching);
    const call = await server.next();
    call.stream().line('ADDED', thing('a', 1)).raw('{"type":"MOD');
    expect(await events.next()).toEqual({ kind: 'opened' });
    expect(await events.next()).toMatchObject({ kind: 'line' });
    call.reset();
    expect(await events.next()).toMatchObject({ kind: 'closed', error: { kind: 'connection' } });
  });

  test('that ends in the middle of a line is lost', async () => {
    const events = client.watch(watching);
    const call = await server.next();
    call.stream().raw('{"type":"MOD');
    expect(await events.next()).toEqual({ kind: 'opened' });
    call.end();
    expect(await events.next()).toMatchObject({ kind: 'closed', error: { kind: 'connection', code: 'partialLine' } });
  });

  test.each([['no JSON'], ['7'], ['null'], ['{"type":"ADDED"}'], ['{"type":1,"object":{}}']])(
    'has lines that are no events: %s',
    async (line) => {
      const events = client.watch(watching);
      (await server.next()).stream().raw(`${line}\n`);
      expect(await events.next()).toEqual({ kind: 'opened' });
      expect(await events.next()).toEqual({ kind: 'line', line: undefined });
    },
  );

  test('has no line longer than it may be', async () => {
    const short = new HttpClient(plainCredentials(server.port), { mostLineBytes: 100 });
    const events = short.watch(watching);
    (await server.next()).stream().raw('x'.repeat(101));
    expect(await events.next()).toEqual({ kind: 'opened' });
    expect(await events.next()).toEqual({ kind: 'line', line: undefined });
    expect(await events.next()).toMatchObject({ kind: 'closed', error: { code: 'lineTooLong' } });
    await short.api.stop();
  });

  test('that was cancelled tells nothing more', async () => {
    const happened = vi.fn<() => void>();
    const cancel = client.api.watch(watching, happened);
    const call = (await server.next()).stream();
    await vi.waitFor(() => expect(happened).toHaveBeenCalledTimes(1));
    cancel();
    await vi.waitFor(() => expect(call.gone).toBe(true));
    expect(happened).toHaveBeenCalledTimes(1);
  });

  test('given up after a long silence takes the connection with it', async () => {
    const wary = new HttpClient(plainCredentials(server.port), { silentMs: 50 });
    const [silent, other] = [wary.watch(watching), wary.watch(watching)];
    for (let time = 0; time < 2; time++) (await server.next()).stream();
    expect(await silent.next()).toEqual({ kind: 'opened' });
    expect(await other.next()).toEqual({ kind: 'opened' });
    await sleep(60);
    silent.cancel();
    expect(await other.next()).toMatchObject({ kind: 'closed', error: { kind: 'connection' } });
    expect(wary.log.lines.map(({ fields }) => fields)).toEqual([{ reason: 'a watch fell silent' }]);
    await wary.api.stop();
  });

  test('given up while it is alive leaves the connection', async () => {
    const events = client.watch(watching);
    (await server.next()).stream();
    await events.next();
    events.cancel();
    events.cancel();
    expect(client.log.lines).toEqual([]);
  });
});

/** What would end the process. */
function uncaught(): Promise<unknown> {
  const usual = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  return new Promise((resolve) => {
    process.once('uncaughtException', (error) => {
      for (const listener of usual) process.on('uncaughtException', listener);
      resolve(error);
    });
  });
}

describe('what a listener throws is no failure of the connection: it ends the process', () => {
  const mistake = new Error('a mistake of the listener');
  const fail = (): never => {
    throw mistake;
  };

  test('of a request', async () => {
    const thrown = uncaught();
    client.api.request(get, fail);
    (await server.next()).json({});
    expect(await thrown).toBe(mistake);
  });

  test('of a watch', async () => {
    const thrown = uncaught();
    client.api.watch(watching, ({ kind }) => kind === 'line' && fail());
    (await server.next()).stream().line('ADDED', thing('a', 1));
    expect(await thrown).toBe(mistake);
  });
});
