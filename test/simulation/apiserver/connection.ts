// One process's way to the apiserver, as the real transport has it: requests with time-outs, few reads at a time, and one connection that is given
// up when it is dead. What comes back is handed to the process, which takes it up when it runs.
import type { Cancel } from '#shared/runtime/clock.ts';
import type { KubeAnswer, KubeApi, KubeError, KubeRequest, WatchEvent, WatchRequest } from '#shared/kube/kube-api.ts';
import { uniform, type Random } from '#shared/runtime/random.ts';
import { refused } from './answer.ts';
import type { Apiserver } from './apiserver.ts';
import { ClientWatch, type WatchPath } from './client-watch.ts';
import type { Client, ConnectionHooks } from './client.ts';
import { usualDelays, type Delays } from './delays.ts';
import { Line } from './line.ts';
import { jsonCopy, listOf } from './object.ts';
import { isRead } from './trouble.ts';

export interface ConnectionOptions {
  readonly delays?: Delays;
  readonly hooks?: ConnectionHooks;
}

/** As the real transport's. */
export const transportLimits = {
  readTimeoutMs: 30_000,
  listTimeoutMs: 60_000,
  writeTimeoutMs: 5_000,
  headersTimeoutMs: 30_000,
  connectTimeoutMs: 5_500,
  mostReadsInFlight: 4,
  mostTimeouts: 2,
} as const;

const answerCostUs = 50;
const itemCostUs = 34;

interface Exchange {
  readonly request: KubeRequest;
  readonly answered: (answer: KubeAnswer) => void;
  isOver: boolean;
  isSent: boolean;
  deadline: Cancel;
}

export class Connection implements KubeApi {
  readonly client: Client;
  /** How many there were, by verb and resource: `patch services`, `watch nodes`. */
  readonly requests = new Map<string, number>();
  readonly #apiserver: Apiserver;
  readonly #random: Random;
  readonly #delays: Delays;
  readonly #hooks: ConnectionHooks;
  readonly #closed: () => void;
  readonly #line: Line;
  readonly #path: WatchPath;
  readonly #inFlight = new Set<Exchange>();
  readonly #watches = new Set<ClientWatch>();
  /** Reads that wait for their turn. */
  #waiting: Exchange[] = [];
  #reads = 0;
  #timeouts = 0;
  /** The apiserver knows nothing of this connection any more. */
  #isStale = false;
  #isDead = false;

  constructor(apiserver: Apiserver, client: Client, random: Random, options: ConnectionOptions, closed: () => void) {
    const { scheduler, troubles } = apiserver;
    const delays = options.delays ?? usualDelays(random);
    this.#apiserver = apiserver;
    this.client = client;
    this.#random = random;
    this.#delays = delays;
    this.#hooks = options.hooks ?? {};
    this.#closed = closed;
    this.#line = new Line(scheduler, random, () => apiserver.isCutOff(client), {
      opened: () => this.#resume(),
      givenUp: () => this.#giveUp(),
    });
    this.#path = {
      scheduler,
      isOpen: () => this.#line.isOpen,
      delayUs: delays.watchUs,
      lagUs: () => 1_000 * Math.max(troubles.most('watchLagMs', client), troubles.most('replicaLagMs', client)),
      receive: (work, costUs) => this.#receive(work, costUs),
    };
  }

  request(request: KubeRequest, answered: (answer: KubeAnswer) => void): Cancel {
    if (this.#isDead) return () => {};
    const sent = 'body' in request ? { ...request, body: jsonCopy(request.body) } : request;
    const exchange: Exchange = { request: sent, answered, isOver: false, isSent: false, deadline: () => {} };
    this.#hooks.requested?.(sent);
    this.#count(`${request.verb} ${request.resource.plural}`);
    if (!isRead(request)) this.#send(exchange);
    else if (this.#reads < transportLimits.mostReadsInFlight) this.#sendRead(exchange);
    else this.#waiting.push(exchange);
    return () => this.#end(exchange);
  }

  watch(request: WatchRequest, happened: (event: WatchEvent) => void): Cancel {
    if (this.#isDead) return () => {};
    this.#hooks.watching?.(request);
    this.#count(`watch ${request.resource.plural}`);
    const watch: ClientWatch = new ClientWatch(request, this.#path, (event) => {
      if (event.kind === 'closed') this.#watches.delete(watch);
      this.#hooks.watched?.(request, event);
      happened(event);
    });
    this.#watches.add(watch);
    this.#after(transportLimits.headersTimeoutMs, () => {
      if (!watch.isOpened) watch.lose(connectionError('UND_ERR_HEADERS_TIMEOUT'));
    });
    this.#reach(
      (error) => watch.lose(error),
      () => {
        const serverUs = this.#delays.serverUs();
        watch.arrived(
          this.#apiserver.reception.openWatch(request, this.client, serverUs, (event, isNews) =>
            watch.send(event, isNews),
          ),
        );
      },
    );
    return () => {
      if (this.#watches.delete(watch)) watch.cancel();
    };
  }

  /** The process is gone: what it has sent arrives, and nothing comes back. */
  close(): void {
    this.#isDead = true;
    for (const watch of this.#watches) watch.cancel();
    this.#watches.clear();
    this.#closed();
  }

  /** The apiserver's process is dead. Where that cannot be heard of, it is learnt when the way is open again. */
  lostServer(): void {
    if (this.#line.isOpen) return this.breakOff('ECONNRESET', 'the apiserver is gone');
    this.#isStale = true;
    this.#line.drop();
    for (const watch of this.#watches) watch.forget();
  }

  /** Everything on it fails. */
  breakOff(code: string, message: string): void {
    const error = connectionError(code, message);
    this.#line.breakOff();
    this.#isStale = false;
    this.#timeouts = 0;
    const [exchanges, watches] = [[...this.#inFlight], [...this.#watches]];
    this.#apiserver.scheduler.after(this.#delays.answerUs(), () => {
      for (const exchange of exchanges) this.#answer(exchange, refused(error));
      for (const watch of watches) watch.lose(error);
    });
  }

  resetWatches(): void {
    for (const watch of this.#watches) {
      const place = uniform(this.#random, 0, 2);
      watch.lose(connectionError(place === 0 ? 'partialLine' : 'UND_ERR_SOCKET'), place === 2);
    }
  }

  reachabilityChanged(): void {
    this.#line.reachabilityChanged();
  }

  #sendRead(exchange: Exchange): void {
    this.#reads++;
    this.#send(exchange);
  }

  #send(exchange: Exchange): void {
    exchange.isSent = true;
    this.#inFlight.add(exchange);
    const timeoutMs = timeoutMsOf(exchange.request);
    exchange.deadline = this.#after(timeoutMs, () => this.#timeOut(exchange, timeoutMs));
    this.#reach(
      (error) => this.#answer(exchange, refused(error)),
      () => {
        this.#apiserver.reception.handle(exchange.request, this.client, this.#delays.serverUs(), (answer) =>
          this.#line.carry(this.#delays.answerUs(), () => this.#answer(exchange, answer)),
        );
      },
    );
  }

  /** A message to the apiserver, or why there is no way to it. */
  #reach(failed: (error: KubeError) => void, arrived: () => void): void {
    const { scheduler, isDown } = this.#apiserver;
    if (!this.#line.canSend) {
      const { connectTimeoutMs } = transportLimits;
      scheduler.after(connectTimeoutMs * 1_000, () => failed(connectionError('UND_ERR_CONNECT_TIMEOUT')));
    } else if (isDown) {
      scheduler.after(this.#delays.requestUs() + this.#delays.answerUs(), () =>
        failed(connectionError('ECONNREFUSED')),
      );
    } else {
      this.#line.carry(this.#delays.requestUs(), arrived);
    }
  }

  #answer(exchange: Exchange, answer: KubeAnswer): void {
    const items =
      answer.kind === 'ok' && exchange.request.verb === 'list' ? listOf((answer.body as List).items).length : 0;
    this.#receive(() => this.#settle(exchange, answer), answerCostUs + items * itemCostUs);
  }

  #timeOut(exchange: Exchange, timeoutMs: number): void {
    if (exchange.isOver) return;
    this.#timeouts++;
    this.#settle(exchange, refused(connectionError('ETIMEDOUT', `no answer within ${timeoutMs} ms`)));
    if (this.#timeouts >= transportLimits.mostTimeouts) this.#giveUp();
  }

  /** In a turn of the process. */
  #settle(exchange: Exchange, answer: KubeAnswer): void {
    if (exchange.isOver) return;
    if (answer.kind === 'ok' || answer.error.kind === 'status') this.#timeouts = 0;
    this.#end(exchange);
    this.#hooks.answered?.(exchange.request, answer);
    exchange.answered(answer);
  }

  #end(exchange: Exchange): void {
    if (exchange.isOver) return;
    exchange.isOver = true;
    exchange.deadline();
    this.#inFlight.delete(exchange);
    if (!isRead(exchange.request)) return;
    if (exchange.isSent) this.#reads--;
    else this.#waiting = this.#waiting.filter((other) => other !== exchange);
    const next = this.#reads < transportLimits.mostReadsInFlight ? this.#waiting.shift() : undefined;
    if (next !== undefined) this.#sendRead(next);
  }

  #giveUp(): void {
    this.breakOff('UND_ERR_DESTROYED', 'given up');
  }

  #resume(): void {
    if (this.#isStale) return this.breakOff('ECONNRESET', 'the apiserver was restarted');
    for (const watch of this.#watches) watch.resume();
  }

  #receive(work: () => void, costUs: number): void {
    if (this.#isDead) return;
    this.client.receive(() => {
      if (!this.#isDead) work();
    }, costUs);
  }

  /** In a turn of the process. */
  #after(delayMs: number, work: () => void): Cancel {
    const { clock } = this.client;
    const whenAlive = (): void => {
      if (!this.#isDead) work();
    };
    if (clock !== undefined) return clock.after(delayMs, whenAlive);
    return this.#apiserver.scheduler.after(delayMs * 1_000, () => this.#receive(work, 0));
  }

  #count(what: string): void {
    this.requests.set(what, (this.requests.get(what) ?? 0) + 1);
  }
}

interface List {
  readonly items?: unknown;
}

function timeoutMsOf({ verb }: KubeRequest): number {
  const { listTimeoutMs, readTimeoutMs, writeTimeoutMs } = transportLimits;
  if (verb === 'list') return listTimeoutMs;
  return verb === 'get' ? readTimeoutMs : writeTimeoutMs;
}

function connectionError(code: string, message = code): KubeError {
  return { kind: 'connection', code, message };
}
