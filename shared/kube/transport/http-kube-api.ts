// The apiserver over HTTP: requests with time-outs, watches line by line.
import type { Cancel } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import type { KubeAnswer, KubeApi, KubeRequest, WatchEvent, WatchRequest } from '../kube-api.ts';
import { kubeMetrics, type KubeMetrics } from '../kube-metrics.ts';
import { CachedCredentials } from './cached-credentials.ts';
import { connectionError } from './connection-error.ts';
import { Connection } from './connection.ts';
import type { CredentialSource } from './credentials.ts';
import { Exchange, type Receiver } from './exchange.ts';
import { answerOf } from './http-answer.ts';
import { Limiter } from './limiter.ts';
import { httpRequest, httpWatch, type HttpRequest, type Writer } from './request-line.ts';
import { ServerWarnings } from './server-warnings.ts';
import { WatchStream } from './watch-stream.ts';
import { WholeAnswer, type Outcome } from './whole-answer.ts';

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

/** Until a watch begins to answer. */
const watchAnswersWithinMs = 30_000;
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

/** A request as its owner holds it. A list may take several exchanges, one after the other. */
interface Call {
  isCancelled: boolean;
  exchange: Exchange | undefined;
}

type ListRequest = Extract<KubeRequest, { verb: 'list' }>;
type ReadRequest = Extract<KubeRequest, { verb: 'list' | 'get' }>;
type Answered = (answer: KubeAnswer) => void;

class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
}

const cancelled = new Error('it was cancelled');

export class HttpKubeApi implements KubeApi {
  readonly #options: HttpKubeApiOptions;
  readonly #connection: Connection;
  readonly #credentials: CachedCredentials;
  readonly #metrics: KubeMetrics;
  readonly #warnings: ServerWarnings;
  readonly #reads = new Limiter(() => mostReadsInFlight);
  readonly #requests = new Limiter(() => (this.#connection.multiplexed ? Infinity : mostWithoutMultiplexing));
  /** Of kinds whose objects are so large that a page of the usual size is too large. */
  readonly #pageLimits = new Map<string, number>();

  constructor(options: HttpKubeApiOptions, { credentials, log, metrics }: Dependencies) {
    this.#options = options;
    this.#connection = new Connection(options.limits, log);
    this.#credentials = new CachedCredentials(credentials);
    this.#metrics = kubeMetrics(metrics);
    this.#warnings = new ServerWarnings(log);
  }

  request(request: KubeRequest, answered: Answered): Cancel {
    const call: Call = { isCancelled: false, exchange: undefined };
    const settled = (answer: KubeAnswer): void => {
      if (!call.isCancelled) answered(answer);
    };
    if (request.verb === 'list' || request.verb === 'get') {
      this.#reads.run((done) => {
        this.#read(request, call, (answer) => {
          done();
          settled(answer);
        });
      });
    } else {
      this.#send(request, call, settled);
    }
    return () => {
      call.isCancelled = true;
      call.exchange?.abort(cancelled);
    };
  }

  watch(request: WatchRequest, happened: (event: WatchEvent) => void): Cancel {
    let isOver = false;
    const tell = (event: WatchEvent): void => {
      if (isOver) return;
      isOver = event.kind === 'closed';
      happened(event);
    };
    const stream = new WatchStream(this.#options.limits, (event) => {
      if (event.kind === 'closed') this.#count('watch', request, stream.statusCode);
      later(() => tell(event));
    });
    const exchange = this.#exchange(httpWatch(request), stream, watchAnswersWithinMs);
    exchange.start();
    return () => {
      if (isOver) return;
      isOver = true;
      exchange.abort(cancelled);
      if (performance.now() - stream.heardMs >= this.#options.limits.silentMs) {
        this.#connection.giveUp('a watch fell silent');
      }
    };
  }

  /** Ends everything. */
  async stop(): Promise<void> {
    await this.#connection.stop();
  }

  #read(request: ReadRequest, call: Call, answered: Answered): void {
    if (request.verb === 'list') this.#list(request, call, answered);
    else this.#send(request, call, answered);
  }

  /** A page that is too large is asked for again, half as long. */
  #list(request: ListRequest, call: Call, answered: Answered): void {
    const { group, plural } = request.resource;
    const kind = `${plural}.${group}`;
    const limit = Math.min(request.limit, this.#pageLimits.get(kind) ?? request.limit);
    this.#send({ ...request, limit }, call, (answer) => {
      if (limit === 1 || answer.kind === 'ok' || answer.error.code !== 'bodyTooLarge') return answered(answer);
      this.#pageLimits.set(kind, Math.floor(limit / 2));
      this.#list(request, call, answered);
    });
  }

  /** As soon as it may have a connection. */
  #send(request: KubeRequest, call: Call, answered: Answered): void {
    this.#requests.run((done) => {
      const settled = (answer: KubeAnswer): void => {
        // undici has a connection of HTTP/1.1 back only in the next turn; whoever asks earlier opens another one.
        setImmediate(done);
        answered(answer);
      };
      if (call.isCancelled) settled(answerTo({ kind: 'failed', error: cancelled }));
      else this.#sendNow(request, call, settled);
    });
  }

  #sendNow(request: KubeRequest, call: Call, answered: Answered): void {
    const { writer, limits } = this.#options;
    const startMs = performance.now();
    const answer = new WholeAnswer(limits.mostBodyBytes, (outcome) => {
      clearTimeout(deadline);
      this.#learn(request, outcome, startMs);
      later(() => answered(answerTo(outcome)));
    });
    const exchange = this.#exchange(httpRequest(request, writer), answer, 0);
    const withinMs = this.#timeoutMs(request);
    const deadline = setTimeout(() => exchange.abort(new TimeoutError(`no answer within ${withinMs} ms`)), withinMs);
    call.exchange = exchange;
    exchange.start();
  }

  #exchange(request: HttpRequest, receiver: Receiver, headersTimeoutMs: number): Exchange {
    const options = { userAgent: this.#options.userAgent, headersTimeoutMs };
    return new Exchange(request, receiver, options, { credentials: this.#credentials, connection: this.#connection });
  }

  /** What the outcome tells about the connection and the apiserver. */
  #learn(request: KubeRequest, outcome: Outcome, startMs: number): void {
    if (outcome.kind === 'whole') {
      this.#connection.answered();
      this.#warnings.heard(outcome.headers['warning']);
    } else if (outcome.error instanceof TimeoutError) {
      this.#connection.timedOut();
    }
    this.#count(request.verb, request, outcome.kind === 'whole' ? outcome.statusCode : undefined);
    const labels = { verb: request.verb, resource: request.resource.plural };
    this.#metrics.requestSeconds.observe(labels, (performance.now() - startMs) / 1000);
  }

  #count(verb: string, { resource }: KubeRequest | WatchRequest, statusCode: number | undefined): void {
    this.#metrics.requests.add({ verb, resource: resource.plural, code: String(statusCode ?? 'none') });
  }

  #timeoutMs({ verb }: KubeRequest): number {
    const { listTimeoutMs, readTimeoutMs, writeTimeoutMs } = this.#options.limits;
    if (verb === 'list') return listTimeoutMs;
    return verb === 'get' ? readTimeoutMs : writeTimeoutMs;
  }
}

/** Outside of undici, which would take what a listener throws for a failure of the request. */
function later(tell: () => void): void {
  queueMicrotask(tell);
}

function answerTo(outcome: Outcome): KubeAnswer {
  return outcome.kind === 'whole'
    ? answerOf(outcome.statusCode, outcome.headers, outcome.text)
    : { kind: 'failed', error: connectionError(outcome.error) };
}
