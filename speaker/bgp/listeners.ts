// Where we listen for peers (shell): one listener for each local address of a session, never the wildcard, for a CNI of the node may have the
// port elsewhere and wins. A connection of anybody else is closed without a word.
import { bitsOf, familyOf, isLinkLocalIp, type Ip } from '#shared/net/ip.ts';
import type { Prefix } from '#shared/net/range.ts';
import type { Cancel, Clock } from '#shared/runtime/clock.ts';
import { deepEqual } from '#shared/runtime/equal.ts';
import type { Log } from '#shared/runtime/log.ts';
import type { PeerSession } from './peer-session.ts';
import type { Addresses } from './peer-state.ts';
import type { ListenOptions, PeerPassword, TcpConnection, TcpHandler, TcpListener, TcpStack } from './tcp-stack.ts';

/** `auto`: only for unnumbered peers, which dial each other. */
export type ListenMode = 'off' | 'auto' | 'on';

export interface ListenersOptions {
  readonly mode: ListenMode;
  readonly port: number;
}

export interface ListenersDependencies {
  readonly clock: Clock;
  readonly tcp: TcpStack;
  readonly log: Log;
  /** The peer of that name may have opened this connection. */
  readonly accept: (peer: string, connection: TcpConnection, addresses: Addresses) => TcpHandler | undefined;
}

interface Wanted {
  readonly options: ListenOptions;
  /** Names of peers by their addresses; under `undefined` the one on this link that has not been heard of yet. */
  readonly peers: ReadonlyMap<Ip | undefined, string>;
}

interface Listening {
  wanted: Wanted;
  listener: TcpListener | undefined;
  /** Undefined while it listens. */
  retry: Cancel | undefined;
  failure: string | undefined;
}

/** Whoever is on the link, and all that it may have there. */
const allRouters = 'ff02::2' as Ip;
const linkLocal: Prefix = { ip: 'fe80::' as Ip, prefixBits: 10 };

const retryMs = 60_000;
const strangersEveryMs = 60_000;

export class BgpListeners {
  readonly #options: ListenersOptions;
  readonly #dependencies: ListenersDependencies;
  readonly #listening = new Map<string, Listening>();
  #strangersToldMs = -Infinity;

  constructor(options: ListenersOptions, dependencies: ListenersDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
  }

  /** Addresses that should be listened on and are not, and why. */
  get failures(): readonly string[] {
    return [...this.#listening.values()].flatMap(({ wanted, failure }) =>
      failure === undefined ? [] : [`${wanted.options.local} port ${wanted.options.port}: ${failure}`],
    );
  }

  /** All sessions of this node. */
  configure(peers: readonly PeerSession[]): void {
    const wanted = this.#wanted(peers);
    for (const [key, listening] of this.#listening) {
      const next = wanted.get(key);
      if (next !== undefined && canGoOn(listening, next)) listening.wanted = next;
      else this.#end(key, listening);
    }
    for (const [key, one] of wanted) {
      if (!this.#listening.has(key)) this.#begin(key, one);
    }
  }

  stop(): void {
    for (const [key, listening] of this.#listening) this.#end(key, listening);
  }

  #wanted(peers: readonly PeerSession[]): ReadonlyMap<string, Wanted> {
    const wanted = new Map<string, Wanted>();
    for (const { name, config, transport } of peers) {
      const { remote, device, password } = transport;
      const isListenedFor = this.#options.mode === 'on' || (this.#options.mode === 'auto' && config.linkLocalNextHop);
      if (!isListenedFor) continue;
      const local = transport.local ?? this.#dependencies.tcp.sourceTowards(remote ?? allRouters, device);
      if (local === undefined) continue;
      const { hopLimit, leastHopLimit, userTimeoutMs } = transport;
      const options = {
        local,
        port: this.#options.port,
        device,
        hopLimit,
        leastHopLimit,
        userTimeoutMs,
        passwords: [],
      };
      const key = `${local} ${device ?? ''}`;
      const known = wanted.get(key) ?? { options, peers: new Map<Ip | undefined, string>() };
      // What is accepted has the listener's options: a peer that needs others has to be dialled.
      if (!deepEqual({ ...known.options, passwords: [] }, options)) continue;
      const signed: readonly PeerPassword[] =
        password === undefined ? [] : [{ remotes: remote === undefined ? linkLocal : hostPrefix(remote), password }];
      wanted.set(key, {
        options: { ...known.options, passwords: [...known.options.passwords, ...signed] },
        peers: new Map([...known.peers, [remote, name]]),
      });
    }
    return wanted;
  }

  #begin(key: string, wanted: Wanted): void {
    const listening: Listening = { wanted, listener: undefined, retry: undefined, failure: undefined };
    this.#listening.set(key, listening);
    this.#listen(listening);
  }

  #listen(listening: Listening): void {
    const { options } = listening.wanted;
    listening.retry = undefined;
    const started = this.#dependencies.tcp.listen(options, {
      accepted: (connection, addresses) => this.#accept(listening, connection, addresses),
      failed: (failure) => this.#fail(listening, failure),
    });
    if ('failure' in started) this.#fail(listening, started.failure);
    else [listening.listener, listening.failure] = [started, undefined];
  }

  /** Dialling goes on meanwhile. */
  #fail(listening: Listening, failure: string): void {
    const { clock, log } = this.#dependencies;
    const { local, port } = listening.wanted.options;
    if (listening.failure !== failure) log.warn({ local, port, failure }, 'cannot listen for BGP peers');
    listening.failure = failure;
    listening.listener?.close();
    listening.listener = undefined;
    listening.retry = clock.after(retryMs, () => this.#listen(listening));
  }

  #end(key: string, { listener, retry }: Listening): void {
    listener?.close();
    retry?.();
    this.#listening.delete(key);
  }

  #accept({ wanted }: Listening, connection: TcpConnection, addresses: Addresses): TcpHandler | undefined {
    const { remote } = addresses;
    const peer = wanted.peers.get(remote) ?? (isLinkLocalIp(remote) ? wanted.peers.get(undefined) : undefined);
    if (peer !== undefined) return this.#dependencies.accept(peer, connection, addresses);
    const { clock, log } = this.#dependencies;
    if (clock.nowMs() - this.#strangersToldMs >= strangersEveryMs) {
      this.#strangersToldMs = clock.nowMs();
      log.warn({ ...addresses }, 'refused a BGP connection: no BGPPeer of this node has that address');
    }
    return undefined;
  }
}

function hostPrefix(ip: Ip): Prefix {
  return { ip, prefixBits: bitsOf[familyOf(ip)] };
}

/** Peers may come and go while it listens, and passwords change; whether one can be had is known at once. */
function canGoOn({ wanted: { options: before }, listener }: Listening, { options }: Wanted): boolean {
  if (!deepEqual({ ...before, passwords: [] }, { ...options, passwords: [] })) return false;
  if (listener === undefined) return true;
  const kept = new Map(options.passwords.map(({ remotes, password }) => [remotes.ip, { remotes, password }]));
  const gone = before.passwords.filter(({ remotes }) => !kept.has(remotes.ip));
  return [
    ...gone.map(({ remotes }) => listener.setPassword(remotes, undefined)),
    ...options.passwords.map(({ remotes, password }) => listener.setPassword(remotes, password)),
  ].every((failure) => failure === undefined);
}
