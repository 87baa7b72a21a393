import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { httpKubeProxyProbe, httpServiceHealthProbe, kubeProxyHealthUrl } from '#speaker/host/kube-proxy-probe.ts';
import type { KubeProxyHealth } from '#speaker/kube-proxy/health.ts';
import type { ServiceHealth } from '#speaker/kube-proxy/service-gate.ts';
import { ip } from '../views.ts';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function urlOf(listener: RequestListener): Promise<string> {
  server = createServer(listener);
  await new Promise<void>((resolve) => void server?.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return kubeProxyHealthUrl.replace(':10256', `:${port}`);
}

const ask = (url: string, timeoutMs?: number): Promise<KubeProxyHealth> =>
  new Promise((resolve) => httpKubeProxyProbe(url, timeoutMs).ask(resolve));

test('an answer is read', async () => {
  const asked: string[] = [];
  const url = await urlOf((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.connection}`);
    response.end('{}');
  });
  expect(await ask(url)).toBe('healthy');
  expect(asked).toEqual(['GET /healthz close']);
});

test.each<[string, RequestListener, KubeProxyHealth]>([
  ['a refusal', (_, response) => void response.writeHead(503).end('{"nodeEligible": true}'), 'unhealthy'],
  ['a reset connection', (request) => void request.socket.destroy(), 'silent'],
  [
    'an answer that breaks off',
    (request, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('half');
      setTimeout(() => request.socket.destroy(), 20);
    },
    'silent',
  ],
  [
    'an answer without end',
    (_, response) => {
      const more = (): void => {
        if (!response.destroyed) response.write('x'.repeat(10_000), more);
      };
      more();
    },
    'silent',
  ],
])('%s', async (_, listener, health) => {
  expect(await ask(await urlOf(listener))).toBe(health);
});

test.each<[string, RequestListener]>([
  ['no answer', () => {}],
  ['an answer that never ends', (_, response) => void response.writeHead(200).write('{')],
])('%s is silence when its time is over', async (_, listener) => {
  const url = await urlOf(listener);
  expect(await ask(url, 20)).toBe('silent');
});

test('nobody there is silence', async () => {
  expect(await ask('http://127.0.0.1:1/healthz')).toBe('silent');
});

const askService = (port: number, hosts: readonly string[]): Promise<ServiceHealth> =>
  new Promise((resolve) => httpServiceHealthProbe(200).ask({ hosts: hosts.map(ip), port }, resolve));

describe('of a Service', () => {
  test.each<[string, RequestListener, readonly string[], ServiceHealth]>([
    ['an answer', (_, response) => void response.end('{}'), ['127.0.0.1'], 'ready'],
    ['a refusal', (_, response) => void response.writeHead(503).end(), ['127.0.0.1'], 'notReady'],
    ['an answer at one of the addresses', (_, response) => void response.end(), ['::1', '127.0.0.1'], 'ready'],
    ['no answer', () => {}, ['127.0.0.1'], 'silent'],
    ['nobody at any address', (_, response) => void response.end(), ['::1', '127.0.0.2'], 'silent'],
  ])('%s', async (_, listener, hosts, health) => {
    const port = Number(new URL(await urlOf(listener)).port);
    expect(await askService(port, hosts)).toBe(health);
  });
});
