// TLS, HTTP/2 and the files of a service account, on real sockets.
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { KubeRequest } from '#shared/kube/kube-api.ts';
import { ScriptedHttpServer, type KeyAndCertificate } from '#test/simulation/scripted-http-server.ts';
import { things } from '../objects/thing.ts';
import { HttpClient } from './http-client.ts';
import { createCertificate, ServiceAccount } from './service-account.ts';

const create: KubeRequest = { verb: 'create', resource: things, namespace: 'web', body: {} };
const watching = { resource: things, namespace: 'web', resourceVersion: '1', timeoutSeconds: 600 };

let old: KeyAndCertificate;
let successor: KeyAndCertificate;
let server: ScriptedHttpServer;
let account: ServiceAccount;
let client: HttpClient;

beforeAll(async () => {
  [old, successor] = await Promise.all([createCertificate(), createCertificate()]);
});

beforeEach(async () => {
  server = await ScriptedHttpServer.start(old);
  account = new ServiceAccount('token-1', old);
  client = new HttpClient(account.credentials(server.port));
});

afterEach(async () => {
  await client.api.stop();
  await server.stop();
  account.remove();
});

test('five watches and fifty requests share one connection', async () => {
  const first = client.ask(create);
  (await server.next()).json({});
  await first;
  for (let index = 0; index < 5; index++) {
    const events = client.watch(watching);
    (await server.next()).stream();
    expect(await events.next()).toEqual({ kind: 'opened' });
  }
  const answers = Array.from({ length: 50 }, () => client.ask(create));
  const calls = await Promise.all(answers.map(() => server.next()));
  for (const call of calls) call.json({});
  expect((await Promise.all(answers)).every(({ kind }) => kind === 'ok')).toBe(true);
  expect(server.connections).toBe(1);
});

async function tokenUsed(): Promise<string | undefined> {
  const answer = client.ask(create);
  const call = await server.next();
  call.json({});
  await answer;
  return call.headers.authorization;
}

describe('the token', () => {
  test('is that of the file', async () => {
    expect(account.credentials(server.port).namespace).toBe('metallb-system');
    void client.ask(create);
    expect((await server.next()).headers.authorization).toBe('Bearer token-1');
  });

  test('that is refused is read again, once', async () => {
    const answer = client.ask(create);
    (await server.next()).json({ reason: 'Unauthorized' }, 401);
    const again = await server.next();
    expect(again.headers.authorization).toBe('Bearer token-1');
    again.json({ reason: 'Unauthorized' }, 401);
    expect(await answer).toMatchObject({ kind: 'failed', error: { kind: 'status', code: 401 } });
  });

  test('that was swapped is found when the old one is refused', async () => {
    const events = client.watch(watching);
    account.write('token-2', old);
    (await server.next()).json({ reason: 'Unauthorized' }, 401);
    const again = await server.next();
    expect(again.headers.authorization).toBe('Bearer token-2');
    again.stream();
    expect(await events.next()).toEqual({ kind: 'opened' });
  });

  test('that was swapped is used after a minute at most', async () => {
    expect(await tokenUsed()).toBe('Bearer token-1');
    account.write('token-2', old);
    expect(await tokenUsed()).toBe('Bearer token-1');
    const now = performance.now();
    const later = vi.spyOn(performance, 'now').mockImplementation(() => now + 60_000);
    expect(await tokenUsed()).toBe('Bearer token-2');
    later.mockRestore();
  });
});

describe('an authority', () => {
  test('that is not known is not trusted', async () => {
    account.write('token-1', successor);
    expect(await client.ask(create)).toMatchObject({
      error: { kind: 'connection', code: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
    });
  });

  test('that was swapped is found when the server is not trusted; what runs on the old connection goes on', async () => {
    const events = client.watch(watching);
    const stream = (await server.next()).stream();
    expect(await events.next()).toEqual({ kind: 'opened' });
    account.write('token-1', successor);
    server.use(successor);
    const now = performance.now();
    const later = vi.spyOn(performance, 'now').mockImplementation(() => now + 60_000);
    const answer = client.ask(create);
    (await server.next()).json({});
    expect(await answer).toMatchObject({ kind: 'ok' });
    later.mockRestore();
    expect(server.connections).toBe(2);
    stream.line('BOOKMARK', {});
    expect(await events.next()).toMatchObject({ kind: 'line' });
  });

  test('that was swapped together with all connections is found at once', async () => {
    const first = client.ask(create);
    (await server.next()).json({});
    await first;
    account.write('token-1', successor);
    server.use(successor);
    server.dropConnections();
    // The client has to notice first: what it sends into a connection that ends is lost.
    await sleep(20);
    const answer = client.ask(create);
    (await server.next()).json({});
    expect(await answer).toMatchObject({ kind: 'ok' });
  });
});

/** A way to the server that can become deaf: connected, and silent for ever. */
async function startDeafWay(port: number): Promise<{ way: Server; port: number; deafen(): void; close(): void }> {
  let deaf = false;
  const sockets: Socket[] = [];
  const way = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    sockets.push(near, far);
    near.on('error', () => {}).on('data', (bytes) => deaf || far.write(bytes));
    far.on('error', () => {}).on('data', (bytes) => deaf || near.write(bytes));
  });
  await new Promise<void>((listening) => way.listen(0, '127.0.0.1', listening));
  return {
    way,
    port: (way.address() as AddressInfo).port,
    deafen: () => (deaf = true),
    close: () => {
      for (const socket of sockets) socket.destroy();
      way.close();
    },
  };
}

test('a connection that does not answer PING is given up', async () => {
  const way = await startDeafWay(server.port);
  const wary = new HttpClient(account.credentials(way.port), { pingMs: 120 });
  const events = wary.watch(watching);
  (await server.next()).stream();
  expect(await events.next()).toEqual({ kind: 'opened' });
  // Answered for a while it is kept.
  await sleep(350);
  expect(wary.log.lines).toEqual([]);
  way.deafen();
  expect(await events.next()).toMatchObject({ kind: 'closed', error: { kind: 'connection' } });
  expect(wary.log.lines.map(({ fields }) => fields)).toEqual([{ reason: 'no answer to PING' }]);
  await wary.api.stop();
  way.close();
});
