// An apiserver on a real socket that a test plays by hand: each request waits in line until the test takes it and answers it.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import {
  constants,
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { assert } from 'vitest';

export interface KeyAndCertificate {
  readonly key: string;
  readonly cert: string;
}

/** One request, and the ways to answer it. */
export class HttpCall {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly #request: IncomingMessage | Http2ServerRequest;
  readonly #response: ServerResponse | Http2ServerResponse;

  constructor(
    request: IncomingMessage | Http2ServerRequest,
    response: ServerResponse | Http2ServerResponse,
    body: string,
  ) {
    const url = new URL(request.url ?? '', 'http://server');
    this.method = request.method ?? '';
    this.path = url.pathname;
    this.query = url.searchParams;
    this.headers = request.headers;
    this.body = body;
    this.#request = request;
    this.#response = response;
  }

  /** The client has gone away. */
  get gone(): boolean {
    return this.#request.destroyed;
  }

  json(body: unknown, status = 200, headers: Record<string, string> = {}): void {
    this.bytes(JSON.stringify(body), status, { 'content-type': 'application/json', ...headers });
  }

  bytes(body: string | Buffer, status = 200, headers: Record<string, string> = {}): void {
    this.#http1.writeHead(status, headers).end(body);
  }

  /** Accepts a watch; lines follow. */
  stream(): this {
    this.#http1.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
    return this;
  }

  line(type: string, object: unknown): this {
    return this.raw(`${JSON.stringify({ type, object })}\n`);
  }

  raw(text: string): this {
    this.#http1.write(text);
    return this;
  }

  end(): void {
    this.#http1.end();
  }

  /** Responses of HTTP/2 do the same by the same names. */
  get #http1(): ServerResponse {
    return this.#response as ServerResponse;
  }

  /** As a server that dies: no proper end. */
  reset(): void {
    if ('stream' in this.#response) this.#response.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    else this.#response.socket?.destroy();
  }
}

export class ScriptedHttpServer {
  readonly #server: Server | Http2SecureServer;
  readonly #sockets = new Set<Socket>();
  readonly #calls: HttpCall[] = [];
  readonly #takers: ((call: HttpCall) => void)[] = [];
  #connections = 0;

  private constructor(tls: KeyAndCertificate | undefined) {
    this.#server =
      tls === undefined
        ? createServer((request, response) => void this.#receive(request, response))
        : createSecureServer(
            { ...tls, allowHTTP1: true },
            (request, response) => void this.#receive(request, response),
          );
    this.#server.on('connection', (socket: Socket) => {
      this.#connections++;
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      // A client that goes away in the middle of something is what is tested.
      socket.on('error', () => {});
    });
    this.#server.on('sessionError', () => {});
  }

  /** With a certificate HTTP/2 and HTTP/1.1 over TLS, else plain HTTP/1.1. On the loopback, at a free port if none is named. */
  static async start(tls?: KeyAndCertificate, port = 0): Promise<ScriptedHttpServer> {
    const scripted = new ScriptedHttpServer(tls);
    await new Promise<void>((listening) => scripted.#server.listen(port, '127.0.0.1', listening));
    return scripted;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Connections that were opened so far. */
  get connections(): number {
    return this.#connections;
  }

  /** Requests that nobody has taken yet. */
  get waiting(): number {
    return this.#calls.length;
  }

  /** The oldest request that was not taken yet, as soon as there is one. */
  next(): Promise<HttpCall> {
    const call = this.#calls.shift();
    return call === undefined ? new Promise((taken) => this.#takers.push(taken)) : Promise.resolve(call);
  }

  /** For connections from now on. */
  use(tls: KeyAndCertificate): void {
    assert('setSecureContext' in this.#server, 'a server without TLS');
    this.#server.setSecureContext(tls);
  }

  dropConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.dropConnections();
    await new Promise<void>((closed) => void this.#server.close(() => closed()));
  }

  async #receive(
    request: IncomingMessage | Http2ServerRequest,
    response: ServerResponse | Http2ServerResponse,
  ): Promise<void> {
    let body = '';
    request.setEncoding('utf8');
    response.on('error', () => {});
    try {
      for await (const chunk of request) body += chunk as string;
    } catch {
      return;
    }
    const call = new HttpCall(request, response, body);
    const taker = this.#takers.shift();
    if (taker === undefined) this.#calls.push(call);
    else taker(call);
  }
}
