// The apiserver over HTTP: requests with time-outs, watches line by line. Promises end here; outwards there are answers and events.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Cancel } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import type { KubeAnswer, KubeApi, KubeError, KubeRequest, WatchEvent, WatchRequest } from '../kube-api.ts';
import { kubeMetrics, type KubeMetrics } from '../kube-metrics.ts';
import { CachedCredentials } from './cached-credentials.ts';
import { connectionError } from './connection-error.ts';
import { Connection } from './connection.ts';
import type { CredentialSource } from './credentials.ts';
import { Deadline } from './deadline.ts';
import { Exchange } from './exchange.ts';
import { answerOf, refusalOf } from './http-answer.ts';
import { Limiter } from './limiter.ts';
import { readBody } from './read-body.ts';
import { httpRequest, httpWatch, type Writer } from './request-line.ts';
import { ServerWarnings } from './server-warnings.ts';
import { readWatch } from './watch-stream.ts';

export interface HttpLimits {
  readonly readTimeoutMs: number;
  readonly listTimeoutMs: number;
  readonly writeTimeoutMs: number;
  readonly pingMs: number;
  /** A watch that is given up after this long without a byte was on a dead connection. */
  readonly silentMs: number;
  readonly mostBodyBytes: number;
  readonly mostLineBytes: number;
}

export const httpLimits: HttpLimits = {
  readTimeoutMs: 30_000,
  listTimeoutMs: 60_000,
  writeTimeoutMs: 5_000,
  pingMs: 15_000,
  silentMs: 200_000,
  mostBodyBytes: 16 * 2 ** 20,
  mostLineBytes: 4 * 2 ** 20,
};

/** Lists and gets. */
const mostReadsInFlight = 4;
/** Connections, where each request needs its own. */
const mostWithoutMultiplexing = 4;

export interface HttpKubeApiOptions {
  readonly userAgent: string;
  readonly writer: Writer;
  readonly limits: HttpLimits;
}

interface Dependencies {
  readonly credentials: CredentialSource;
  readonly log: Log;
  readonly metrics: Metrics;
}

interface Stream {
  /** When the last byte came. */
  heardMs: number;
  over: boolean;
}

type ListRequest = Extract<KubeRequest, { verb: 'list' }>;

export class HttpKubeApi implements KubeApi {
  readonly #options: HttpKubeApiOptions;
  readonly #connection: Connection;
  readonly #exchange: Exchange;
  readonly #metrics: KubeMetrics;
  readonly #warnings: ServerWarnings;
  readonly #reads = new Limiter(() => mostReadsInFlight);
  readonly #requests = new Limiter(() => (this.#connection.multiplexed ? Infinity : mostWithoutMultiplexing));
  /** Of kinds whose objects are so large that a page of the usual size is too large. */
  readonly #pageLimits = new Map<string, number>();

  constructor(options: HttpKubeApiOptions, { credentials, log, metrics }: Dependencies) {
    this.#options = options;
    this.#connection = new Connection(options.limits, log);
    this.#exchange = new Exchange(options, {
      credentials: new CachedCredentials(credentials),
      connection: this.#connection,
    });
    this.#metrics = kubeMetrics(metrics);
    this.#warnings = new ServerWarnings(log);
  }

  request(request: KubeRequest, answered: (answer: KubeAnswer) => void): Cancel {
    const cancelled = new AbortController();
    void this.#ask(request, cancelled.signal, answered);
    return () => cancelled.abort();
  }

  watch(request: WatchRequest, happened: (event: WatchEvent) => void): Cancel {
    const cancelled = new AbortController();
    const stream: Stream = { heardMs: performance.now(), over: false };
    void this.#follow(request, cancelled.signal, stream, happened);
    return () => {
      if (stream.over || cancelled.signal.aborted) return;
      cancelled.abort();
      if (performance.now() - stream.heardMs >= this.#options.limits.silentMs) {
        this.#connection.giveUp('a watch fell silent');
      }
    };
  }

  /** Ends everything, without a word to those who wait. */
  async stop(): Promise<void> {
    await this.#connection.stop();
  }

  async #ask(request: KubeRequest, cancelled: AbortSignal, answered: (answer: KubeAnswer) => void): Promise<void> {
    const answer = await this.#inTurn(request, cancelled);
    if (!cancelled.aborted) answered(answer);
  }

  async #inTurn(request: KubeRequest, cancelled: AbortSignal): Promise<KubeAnswer> {
    const send = (): Promise<KubeAnswer> => this.#requests.run(() => this.#answer(request, cancelled));
    if (request.verb === 'list') return this.#reads.run(() => this.#list(request, cancelled));
    return request.verb === 'get' ? this.#reads.run(send) : send();
  }

  /** A page that is too large is asked for again, half as long. */
  async #list(request: ListRequest, cancelled: AbortSignal): Promise<KubeAnswer> {
    const { group, plural } = request.resource;
    const kind = `${plural}.${group}`;
    let limit = Math.min(request.limit, this.#pageLimits.get(kind) ?? request.limit);
    for (;;) {
      const page = { ...request, limit };
      const answer = await this.#requests.run(() => this.#answer(page, cancelled));
      if (limit === 1 || answer.kind === 'ok' || answer.error.code !== 'bodyTooLarge') return answer;
      limit = Math.floor(limit / 2);
      this.#pageLimits.set(kind, limit);
    }
  }

  async #answer(request: KubeRequest, cancelled: AbortSignal): Promise<KubeAnswer> {
    if (cancelled.aborted) return { kind: 'failed', error: connectionError(cancelled.reason) };
    const { writer, limits } = this.#options;
    const deadline = new Deadline(this.#timeoutMs(request), cancelled);
    const labels = { verb: request.verb, resource: request.resource.plural };
    const startMs = performance.now();
    try {
      const response = await this.#exchange.send(httpRequest(request, writer), deadline.signal);
      const text = await readBody(response.body, response.headers['content-encoding'], limits.mostBodyBytes);
      this.#connection.answered();
      // undici has a connection of HTTP/1.1 back only in the next turn; whoever asks earlier opens another one.
      if (!this.#connection.multiplexed) await nextTurn();
      this.#warnings.heard(response.headers['warning']);
      this.#metrics.requests.add({ ...labels, code: String(response.statusCode) });
      return answerOf(response.statusCode, response.headers, text);
    } catch (error) {
      this.#metrics.requests.add({ ...labels, code: 'none' });
      if (deadline.passed && !cancelled.aborted) this.#connection.timedOut();
      return { kind: 'failed', error: connectionError(error) };
    } finally {
      deadline.clear();
      this.#metrics.requestSeconds.observe(labels, (performance.now() - startMs) / 1000);
    }
  }

  #timeoutMs({ verb }: KubeRequest): number {
    const { listTimeoutMs, readTimeoutMs, writeTimeoutMs } = this.#options.limits;
    if (verb === 'list') return listTimeoutMs;
    return verb === 'get' ? readTimeoutMs : writeTimeoutMs;
  }

  async #follow(
    request: WatchRequest,
    cancelled: AbortSignal,
    stream: Stream,
    happened: (event: WatchEvent) => void,
  ): Promise<void> {
    const error = await this.#readWatch(request, cancelled, stream, happened);
    stream.over = true;
    if (!cancelled.aborted) happened(error === undefined ? { kind: 'closed' } : { kind: 'closed', error });
  }

  /** Answers with why it ended; undefined: by itself. */
  async #readWatch(
    request: WatchRequest,
    cancelled: AbortSignal,
    stream: Stream,
    happened: (event: WatchEvent) => void,
  ): Promise<KubeError | undefined> {
    const { limits } = this.#options;
    const labels = { verb: 'watch', resource: request.resource.plural };
    let code = 'none';
    try {
      const { statusCode, headers, body } = await this.#exchange.send(httpWatch(request), cancelled);
      code = String(statusCode);
      stream.heardMs = performance.now();
      if (statusCode !== 200) {
        return refusalOf(statusCode, headers, await readBody(body, undefined, limits.mostBodyBytes));
      }
      if (!cancelled.aborted) happened({ kind: 'opened' });
      return await readWatch(body, limits.mostLineBytes, (line) => {
        stream.heardMs = performance.now();
        if (!cancelled.aborted) happened({ kind: 'line', line });
      });
    } catch (error) {
      return connectionError(error);
    } finally {
      this.#metrics.requests.add({ ...labels, code });
    }
  }
}
