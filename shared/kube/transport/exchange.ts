// One HTTP request to the apiserver under current credentials. What it would not have is read again, and asked once more.
import type { Dispatcher } from 'undici';
import type { CachedCredentials } from './cached-credentials.ts';
import { connectionError, isDistrust } from './connection-error.ts';
import type { Connection } from './connection.ts';
import type { Credentials } from './credentials.ts';
import type { HttpRequest } from './request-line.ts';

const headersTimeoutMs = 30_000;

export class Exchange {
  readonly #userAgent: string;
  readonly #credentials: CachedCredentials;
  readonly #connection: Connection;

  constructor(
    { userAgent }: { readonly userAgent: string },
    { credentials, connection }: { readonly credentials: CachedCredentials; readonly connection: Connection },
  ) {
    this.#userAgent = userAgent;
    this.#credentials = credentials;
    this.#connection = connection;
  }

  /** Fails as undici does. */
  async send(request: HttpRequest, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    try {
      const response = await this.#attempt(await this.#credentials.current(), request, signal);
      if (response.statusCode !== 401) return response;
      await response.body.dump();
    } catch (error) {
      if (!isDistrust(connectionError(error))) throw error;
    }
    return this.#attempt(await this.#credentials.fresh(), request, signal);
  }

  async #attempt(
    credentials: Credentials,
    request: HttpRequest,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    const { origin, pathname } = new URL(credentials.server);
    const { method, path, headers, body } = request;
    return this.#connection.dispatcher(credentials).request({
      origin,
      path: `${pathname.replace(/\/$/, '')}${path}`,
      method,
      headers: { 'user-agent': this.#userAgent, ...headers, ...credentials.headers },
      ...(body === undefined ? {} : { body }),
      signal,
      headersTimeout: headersTimeoutMs,
    });
  }
}
