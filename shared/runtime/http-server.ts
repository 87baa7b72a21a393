// The daemons' two HTTP servers: probes (/livez, /readyz, /healthz) and /metrics. A taken port is waited for, never fatal: during a surge
// update the older process holds it and answers the probes meanwhile.
import { createServer, type RequestListener, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from './log.ts';
import type { RenderedMetrics } from './prom-metrics.ts';

const retryMs = 100;

export interface RunningServer {
  stop(): Promise<void>;
}

/** `notReady` names what is missing; ready is when it is empty. */
export function startHealthServer(
  options: { readonly port: number; readonly host?: string },
  dependencies: { readonly log: Log; readonly notReady: () => readonly string[] },
): RunningServer {
  return startServer('health', options, dependencies.log, (request, response) => {
    const path = request.url?.split('?')[0];
    if (path === '/livez' || path === '/healthz') {
      response.end('ok\n');
    } else if (path === '/readyz') {
      const missing = dependencies.notReady();
      response.statusCode = missing.length === 0 ? 200 : 503;
      response.end(missing.length === 0 ? 'ok\n' : `${missing.join('\n')}\n`);
    } else {
      response.statusCode = 404;
      response.end('known paths: /livez /readyz /healthz\n');
    }
  });
}

/** `refresh` runs before each scrape, for gauges that are computed rather than kept. */
export function startMetricsServer(
  options: { readonly port: number },
  dependencies: { readonly log: Log; readonly metrics: RenderedMetrics; readonly refresh: () => void },
): RunningServer {
  return startServer('metrics', options, dependencies.log, (request, response) => {
    if (request.url?.split('?')[0] !== '/metrics') {
      response.statusCode = 404;
      response.end('known path: /metrics\n');
      return;
    }
    dependencies.refresh();
    dependencies.metrics.render().then(
      (text) => response.setHeader('Content-Type', dependencies.metrics.contentType).end(text),
      (error: unknown) => {
        response.statusCode = 500;
        response.end(`${String(error)}\n`);
      },
    );
  });
}

function startServer(
  name: string,
  { port, host }: { readonly port: number; readonly host?: string },
  log: Log,
  listener: RequestListener,
): RunningServer {
  if (port === 0) return { stop: () => Promise.resolve() };
  const server = createServer(listener);
  const stopping = new AbortController();
  const listening = listenWhenFree(server, { port, host, signal: stopping.signal }, () =>
    log.info({ server: name, port }, 'port is taken: waiting for it'),
  );
  return {
    async stop() {
      stopping.abort();
      await listening;
      server.closeAllConnections();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
    },
  };
}

async function listenWhenFree(
  server: Server,
  { port, host, signal }: { port: number; host: string | undefined; signal: AbortSignal },
  taken: () => void,
): Promise<void> {
  for (let attempt = 0; !signal.aborted; attempt++) {
    if (await listenOnce(server, port, host)) return;
    if (attempt === 0) taken();
    await sleep(retryMs);
  }
}

/** False when the port is taken; any other failure is our own mistake or the machine's and ends the process. */
function listenOnce(server: Server, port: number, host: string | undefined): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => {
      server.off('listening', listening);
      if (error.code === 'EADDRINUSE') resolve(false);
      else reject(error);
    };
    const listening = (): void => {
      server.off('error', failed);
      resolve(true);
    };
    server.once('error', failed);
    server.once('listening', listening);
    server.listen({ port, host });
  });
}
