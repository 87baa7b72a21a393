// The TCP connections of one session (shell): dials, takes over what was accepted, and tells the session what happens on them. What happens on a
// connection that is given up is told to nobody.
import type { Clock } from '#shared/runtime/clock.ts';
import type { BgpError } from './bgp-error.ts';
import type { Received } from './codec.ts';
import { Link } from './link.ts';
import type { PeerSession } from './peer-session.ts';
import type { Addresses, Connection, ConnectionId, PeerEffect } from './peer-state.ts';
import type { TcpConnection, TcpHandler, TcpStack } from './tcp-stack.ts';

export interface LinksListener {
  connected(id: ConnectionId, addresses: Addresses): void;
  received(id: ConnectionId, message: Received | BgpError): void;
  drained(id: ConnectionId): void;
  /** It could not be had, or the peer has ended it. */
  closed(id: ConnectionId, error: string): void;
  /** As the state machine has it. */
  connection(id: ConnectionId): Connection | undefined;
}

type Close = Extract<PeerEffect, { kind: 'close' }>;

export class SessionLinks {
  readonly #clock: Clock;
  readonly #tcp: TcpStack;
  readonly #listener: LinksListener;
  readonly #links = new Map<ConnectionId, Link>();

  constructor(clock: Clock, tcp: TcpStack, listener: LinksListener) {
    this.#clock = clock;
    this.#tcp = tcp;
    this.#listener = listener;
  }

  /** Undefined once it is given up. */
  get(id: ConnectionId): TcpConnection | undefined {
    return this.#links.get(id)?.tcp;
  }

  /** A password that the other side does not have is met with silence. */
  dial(id: ConnectionId, transport: PeerSession['transport'], timeoutMs: number): void {
    const { remote, device = '', password } = transport;
    if (remote === undefined) {
      this.#listener.closed(id, `no router has been heard of on ${device}`);
      return;
    }
    const why = password === undefined ? '' : ': it is down, or has another TCP MD5 password';
    const cancel = this.#clock.after(timeoutMs, () => {
      this.#links.get(id)?.tcp.reset();
      this.#end(id, `no answer from ${remote}${why}`);
    });
    this.#links.set(id, new Link(id, this.#tcp.connect({ ...transport, remote }, this.#handlerOf(id, cancel))));
  }

  accept(id: ConnectionId, tcp: TcpConnection): TcpHandler {
    this.#links.set(id, new Link(id, tcp));
    return this.#handlerOf(id, () => {});
  }

  close({ id, how, lastWords }: Close): void {
    const tcp = this.get(id);
    this.#links.delete(id);
    if (tcp === undefined) return;
    if (how === 'fin') {
      tcp.end();
      return;
    }
    // A socket that has something left takes nothing whole.
    if (lastWords !== undefined && tcp.unsentOctets === 0) tcp.write(lastWords);
    tcp.reset();
  }

  #handlerOf(id: ConnectionId, settled: () => void): TcpHandler {
    const known = (): Link | undefined => this.#links.get(id);
    return {
      connected: (addresses) => {
        settled();
        if (known() !== undefined) this.#listener.connected(id, addresses);
      },
      received: (octets) =>
        known()?.read(
          octets,
          () => (known() === undefined ? undefined : this.#listener.connection(id)),
          (message) => this.#listener.received(id, message),
        ),
      drained: () => {
        if (known() !== undefined) this.#listener.drained(id);
      },
      closed: (failure) => {
        settled();
        this.#end(id, failure);
      },
    };
  }

  #end(id: ConnectionId, error: string): void {
    if (this.#links.delete(id)) this.#listener.closed(id, error);
  }
}
