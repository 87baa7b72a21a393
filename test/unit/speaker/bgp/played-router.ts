// A router by hand: listens on a played network, answers OPEN with its own, keeps the session alive and the routes that it is given.
import type { Ip } from '#shared/net/ip.ts';
import { BgpError } from '#speaker/bgp/bgp-error.ts';
import { encodeMessage, type Received } from '#speaker/bgp/codec.ts';
import type { OpenMessage } from '#speaker/bgp/open.ts';
import { MessageSplitter } from '#speaker/bgp/message-splitter.ts';
import { describeNotification } from '#speaker/bgp/notification.ts';
import type { TcpConnection } from '#speaker/bgp/tcp-stack.ts';
import { decodeMessage } from '#speaker/bgp/codec.ts';
import { keepalive } from '#speaker/bgp/message.ts';
import { external } from './octets.ts';
import { routerOpen } from './peer-play.ts';
import type { PlayedNetwork } from './played-network.ts';
import { RouteReceiver } from './route-receiver.ts';

export interface RouterOptions {
  readonly password?: Uint8Array;
  readonly open?: OpenMessage;
  /** What it does when it hears OPEN. */
  readonly onOpen?: (router: PlayedRouter) => void;
}

export const routerIp = '192.0.2.1' as Ip;
export const nodeIp = '192.0.2.11' as Ip;

const keepaliveMs = 3_000;

export class PlayedRouter {
  /** Of the connection that came last. */
  receiver = new RouteReceiver();
  connection: TcpConnection | undefined;
  /** In words, of all connections: `OPEN`, `KEEPALIVE`, `UPDATE`, `Cease/Administrative Shutdown "bye"`. */
  readonly heard: string[] = [];
  readonly closed: string[] = [];
  connections = 0;
  speaks = true;
  readonly #network: PlayedNetwork;
  readonly #options: RouterOptions;

  constructor(network: PlayedNetwork, options: RouterOptions = {}, own = routerIp) {
    this.#network = network;
    this.#options = options;
    const passwords =
      options.password === undefined ? [] : [{ remotes: { ip: nodeIp, prefixBits: 32 }, password: options.password }];
    const listenOptions = {
      local: own,
      port: 179,
      device: undefined,
      hopLimit: 1,
      leastHopLimit: 1,
      userTimeoutMs: 1,
      passwords,
    };
    network.stack(own).listen(listenOptions, {
      accepted: (connection) => {
        this.connections++;
        this.connection = connection;
        this.receiver = new RouteReceiver();
        const splitter = new MessageSplitter({ extended: true });
        return {
          connected() {},
          received: (octets) => {
            for (const frame of splitter.push(octets).frames) this.#take(decodeMessage(frame, external), frame.body);
          },
          drained() {},
          closed: (failure) => void this.closed.push(failure),
        };
      },
      failed() {},
    });
    this.#keepAlive();
  }

  /** Of a message, in segments of that many octets. */
  send(octets: Uint8Array, segmentOctets = octets.length): void {
    for (let at = 0; at < octets.length; at += segmentOctets) {
      this.connection?.write(octets.subarray(at, at + segmentOctets));
    }
  }

  get open(): Uint8Array {
    return encodeMessage(this.#options.open ?? routerOpen(), external);
  }

  #keepAlive(): void {
    this.#network.clock.after(keepaliveMs, () => {
      if (this.speaks) this.send(keepalive);
      this.#keepAlive();
    });
  }

  #take(message: Received | BgpError, body: Uint8Array): void {
    if (message instanceof BgpError) throw message;
    if (message.kind === 'notification') this.heard.push(describeNotification(message));
    else this.heard.push(message.kind.toUpperCase());
    if (message.kind === 'open') (this.#options.onOpen ?? answerOpen)(this);
    if (message.kind === 'update' || message.kind === 'routeRefresh')
      this.receiver.receive(wholeOf(message.kind, body));
  }
}

function answerOpen(router: PlayedRouter): void {
  router.send(router.open);
  router.send(keepalive);
}

function wholeOf(kind: 'update' | 'routeRefresh', body: Uint8Array): Uint8Array {
  const octets = new Uint8Array(19 + body.length).fill(0xff, 0, 16);
  octets[16] = octets.length >> 8;
  octets[17] = octets.length & 0xff;
  octets[18] = kind === 'update' ? 2 : 5;
  octets.set(body, 19);
  return octets;
}
