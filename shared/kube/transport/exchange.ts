// One HTTP request to the apiserver under current credentials, whose answer is told as it comes. What the apiserver would not have is read
// again, and asked once more. Plain callbacks: thousands of requests cost no promise and no stream each.
import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import type { CachedCredentials } from './cached-credentials.ts';
import { connectionError, isDistrust } from './connection-error.ts';
import type { Connection } from './connection.ts';
import type { Credentials } from './credentials.ts';
import type { HttpRequest } from './request-line.ts';

export interface Response {
  readonly statusCode: number;
  readonly headers: IncomingHttpHeaders;
}

/** Hears one answer. What `begun` and `received` throw ends the exchange, and `over` hears it. */
export interface Receiver {
  begun(response: Response): void;
  received(chunk: Buffer): void;
  /** The last call, perhaps before `start` returns. Without an error the answer is complete. */
  over(error: unknown): void;
}

interface ExchangeOptions {
  readonly userAgent: string;
  /** Until the answer begins; 0: for ever. */
  readonly headersTimeoutMs: number;
}

interface Dependencies {
  readonly credentials: CachedCredentials;
  readonly connection: Connection;
}

/** undici calls what begins with `on`. */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #request: HttpRequest;
  readonly #receiver: Receiver;
  readonly #options: ExchangeOptions;
  readonly #dependencies: Dependencies;
  #controller: Dispatcher.DispatchController | undefined;
  /** With credentials that were read because it was refused. */
  #isSecond = false;
  #isRefused = false;
  #isOver = false;

  constructor(request: HttpRequest, receiver: Receiver, options: ExchangeOptions, dependencies: Dependencies) {
    this.#request = request;
    this.#receiver = receiver;
    this.#options = options;
    this.#dependencies = dependencies;
  }

  start(): void {
    const { current } = this.#dependencies.credentials;
    if (current === undefined) this.#sendAnew();
    else this.#send(current);
  }

  /** The receiver hears it at once, unless it is over. */
  abort(error: Error): void {
    this.#end(error);
    this.#controller?.abort(error);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isOver) controller.abort(new Error('nobody wants it any more'));
  }

  onResponseStart(_: unknown, statusCode: number, headers: IncomingHttpHeaders): void {
    // 1xx: the answer is still to come.
    if (statusCode < 200 || this.#isOver) return;
    this.#isRefused = statusCode === 401 && !this.#isSecond;
    if (!this.#isRefused) this.#receiver.begun({ statusCode, headers });
  }

  onResponseData(_: unknown, chunk: Buffer): void {
    if (!this.#isRefused && !this.#isOver) this.#receiver.received(chunk);
  }

  onResponseEnd(): void {
    if (this.#isRefused) this.#askAgain();
    else this.#end(undefined);
  }

  onResponseError(_: unknown, error: Error): void {
    if (!this.#isSecond && isDistrust(connectionError(error))) this.#askAgain();
    else this.#end(error);
  }

  #askAgain(): void {
    this.#isSecond = true;
    this.#isRefused = false;
    this.#sendAnew();
  }

  #sendAnew(): void {
    this.#dependencies.credentials.fresh().then(
      (credentials) => this.#send(credentials),
      (error: unknown) => this.#end(error),
    );
  }

  #send(credentials: Credentials): void {
    if (this.#isOver) return;
    const { method, path, headers, body } = this.#request;
    const { userAgent, headersTimeoutMs } = this.#options;
    try {
      const { origin, pathname } = new URL(credentials.server);
      const options = {
        origin,
        path: `${pathname.replace(/\/$/, '')}${path}`,
        method,
        headers: { 'user-agent': userAgent, ...headers, ...credentials.headers },
        ...(body === undefined ? {} : { body }),
        headersTimeout: headersTimeoutMs,
      };
      this.#dependencies.connection.dispatcher(credentials).dispatch(options, this);
    } catch (error) {
      this.#end(error);
    }
  }

  #end(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#receiver.over(error);
  }
}
