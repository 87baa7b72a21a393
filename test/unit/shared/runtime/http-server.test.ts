import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { startHealthServer, startMetricsServer } from '#shared/runtime/http-server.ts';
import { createMetrics } from '#shared/runtime/prom-metrics.ts';
import { freePort } from '#test/lab/control-plane/free-port.ts';
import { RecordedLog } from '#test/simulation/recorder.ts';

const host = '127.0.0.1';

/** A port that somebody holds until it is closed. */
async function takenPort(): Promise<{ readonly port: number; readonly holder: Server }> {
  const holder = createServer().listen(0, host);
  await once(holder, 'listening');
  const address = holder.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, holder };
}

async function get(port: number, path: string): Promise<{ readonly status: number; readonly text: string }> {
  const answer = await fetch(`http://${host}:${port}${path}`);
  return { status: answer.status, text: await answer.text() };
}

async function answered(port: number, path: string): Promise<{ readonly status: number; readonly text: string }> {
  for (;;) {
    const answer = await get(port, path).catch(() => undefined);
    if (answer !== undefined) return answer;
  }
}

test('readyz says what is missing; livez does not care', async () => {
  const port = await freePort(host);
  const missing = ['watch of Services: not synced'];
  const server = startHealthServer({ port, host }, { log: new RecordedLog(), notReady: () => missing });
  onTestFinished(() => server.stop());
  expect(await answered(port, '/readyz')).toEqual({ status: 503, text: 'watch of Services: not synced\n' });
  expect(await get(port, '/livez')).toEqual({ status: 200, text: 'ok\n' });
  missing.length = 0;
  expect(await get(port, '/readyz')).toEqual({ status: 200, text: 'ok\n' });
  expect((await get(port, '/other')).status).toBe(404);
});

test('a taken port is waited for and said once', async () => {
  const { port, holder } = await takenPort();
  const log = new RecordedLog();
  const server = startHealthServer({ port, host }, { log, notReady: () => [] });
  onTestFinished(() => server.stop());
  await expect.poll(() => log.lines.length).toBe(1);
  await new Promise((closed) => void holder.close(closed));
  expect((await answered(port, '/healthz')).status).toBe(200);
  expect(log.lines).toEqual([{ level: 'info', fields: { server: 'health', port }, message: expect.any(String) }]);
});

test('a scrape refreshes computed gauges and shows what was declared', async () => {
  const port = await freePort(host);
  const metrics = createMetrics({ version: '1.2.3', commit: 'abc' });
  const depth = metrics.gauge('ingot_queue_depth', 'Writes waiting');
  const moves = metrics.counter('ingot_moves_total', 'Moves', ['cause']);
  moves.add({ cause: 'drain' }, 2);
  const server = startMetricsServer({ port }, { log: new RecordedLog(), metrics, refresh: () => depth.set({}, 7) });
  onTestFinished(() => server.stop());
  const { text } = await answered(port, '/metrics');
  expect(text).toContain('ingot_queue_depth 7');
  expect(text).toContain('ingot_moves_total{cause="drain"} 2');
  expect(text).toMatch(/ingot_build_info\{version="1.2.3",commit="abc",node="\d+/);
  expect(text).toContain('ingot_event_loop_delay_seconds{quantile="0.99"}');
});

test('port 0 is off', async () => {
  const server = startHealthServer({ port: 0 }, { log: new RecordedLog(), notReady: () => [] });
  await expect(server.stop()).resolves.toBeUndefined();
});
