// The one connection to the apiserver (HTTP/2; several where something in between knows only HTTP/1.1). It is given up, never waited for, when
// it is dead: two time-outs in a row, no answer to PING, or a watch that fell silent.
import type { EventEmitter } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import { Agent, buildConnector, ProxyAgent, type Dispatcher } from 'undici';
import type { Log } from '../../runtime/log.ts';
import type { Credentials } from './credentials.ts';

const connectTimeoutMs = 5_000;
const keepAliveMs = 15_000;
const mostTimeouts = 2;
/** A peer that is there answers within milliseconds; the timers of a busy process may be late. */
const silentPings = 2.5;

export class Connection {
  readonly #log: Log;
  readonly #pingMs: number;
  readonly #pings: NodeJS.Timeout;
  /** When each HTTP/2 connection answered a PING last. */
  readonly #answeredMs = new Map<EventEmitter, number>();
  #credentials: Credentials | undefined;
  #dispatcher: Dispatcher | undefined;
  /** Of earlier credentials, as long as something runs there. */
  readonly #draining = new Set<Dispatcher>();
  #multiplexed = false;
  #timeouts = 0;

  constructor({ pingMs }: { readonly pingMs: number }, log: Log) {
    this.#log = log;
    this.#pingMs = pingMs;
    this.#pings = setInterval(() => this.#checkPings(), pingMs).unref();
  }

  /** HTTP/2: any number of requests share a connection. Not before one has shown it. */
  get multiplexed(): boolean {
    return this.#multiplexed;
  }

  /** For these credentials. If CA or client certificate changed, a new one: what runs on the old one may end there. */
  dispatcher(credentials: Credentials): Dispatcher {
    const isSame = this.#credentials !== undefined && isSameEndpoint(this.#credentials, credentials);
    this.#credentials = credentials;
    if (this.#dispatcher === undefined || !isSame) {
      this.#drain(this.#dispatcher);
      this.#dispatcher = this.#open(credentials);
    }
    return this.#dispatcher;
  }

  answered(): void {
    this.#timeouts = 0;
  }

  timedOut(): void {
    this.#timeouts++;
    if (this.#timeouts >= mostTimeouts) this.giveUp('requests time out');
  }

  /** It is dead: everything on it ends with an error, and the next request opens a new one. */
  giveUp(reason: string): void {
    if (this.#dispatcher === undefined) return;
    this.#log.warn({ reason }, 'the connection to the apiserver is given up');
    void this.#dispatcher.destroy(new Error(`given up: ${reason}`));
    this.#dispatcher = undefined;
    this.#answeredMs.clear();
    this.#timeouts = 0;
  }

  async stop(): Promise<void> {
    clearInterval(this.#pings);
    await this.#dispatcher?.destroy();
    for (const dispatcher of this.#draining) await dispatcher.destroy();
  }

  #drain(dispatcher: Dispatcher | undefined): void {
    if (dispatcher === undefined) return;
    this.#draining.add(dispatcher);
    void dispatcher.close().finally(() => this.#draining.delete(dispatcher));
  }

  #open({ tls, proxyUrl }: Credentials): Dispatcher {
    const options = {
      allowH2: true,
      h2Options: { pingInterval: this.#pingMs },
      bodyTimeout: 0,
    };
    if (proxyUrl !== undefined) return new ProxyAgent({ ...options, uri: proxyUrl, requestTls: tls });
    const connect = buildConnector({
      ...tls,
      allowH2: true,
      preferH2: true,
      timeout: connectTimeoutMs,
      keepAlive: true,
      keepAliveInitialDelay: keepAliveMs,
    });
    const agent = new Agent({
      ...options,
      connect: (target, callback) =>
        connect(target, (error, socket) => {
          if (error !== null) return callback(error, null);
          this.#multiplexed = 'alpnProtocol' in socket && socket.alpnProtocol === 'h2';
          callback(null, socket);
        }),
    });
    return agent.on('connect', (_origin, targets) => this.#followPings(targets.at(-1)));
  }

  #followPings(client: EventEmitter | undefined): void {
    client?.on('ping', () => this.#answeredMs.set(client, performance.now()));
    client?.once('disconnect', () => this.#answeredMs.delete(client));
  }

  #checkPings(): void {
    const nowMs = performance.now();
    const silent = this.#answeredMs.values().some((atMs) => nowMs - atMs > silentPings * this.#pingMs);
    if (silent) this.giveUp('no answer to PING');
  }
}

/** They are the same object until they are read again. */
function isSameEndpoint(a: Credentials, b: Credentials): boolean {
  return a === b || (a.proxyUrl === b.proxyUrl && isDeepStrictEqual(a.tls, b.tls));
}
