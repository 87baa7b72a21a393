// A router that nodes tell their routes: it answers their connections, keeps what it is told, drops it when a node is gone, and keeps it stale
// for one that restarts (RFC 4271, RFC 4724 §4.2). Its sessions are RouterSession's; here is what it holds.
import type { Ip } from '#shared/net/ip.ts';
import type { Cancel } from '#shared/runtime/clock.ts';
import type { ListenOptions } from '#speaker/bgp/tcp-stack.ts';
import type { Scheduler } from '../time/scheduler.ts';
import { forgetTcp, type TcpHost, type TcpNetwork } from '../tcp/tcp-network.ts';
import { TcpProgram } from '../tcp/tcp-program.ts';
import type { Announced, GracefulRestart, Prefix, RouteFamily, Update } from './bgp-message.ts';
import { RouterSession } from './router-session.ts';

export const routerAsn = 64_512;
export const clusterAsn = 4_200_000_001;
const port = 179;
const userTimeoutMs = 60_000;
/** For those that are back and do not say when they have told everything. */
const staleUs = 360_000_000;

export interface BgpRouterOptions {
  readonly name: string;
  readonly ip: Ip;
  /** It keeps the routes of those that restart. */
  readonly helps: boolean;
  readonly families: readonly RouteFamily[];
}

export interface Held {
  readonly nextHop: Ip;
  readonly communities: readonly number[];
  /** Told in a session before this one. */
  readonly stale: boolean;
  readonly sinceUs: number;
}

export type RouterEvent =
  | { readonly kind: 'established' }
  /** A second session of the same node, while it has not let go of the first. */
  | { readonly kind: 'twice' }
  | { readonly kind: 'update'; readonly update: Update }
  | { readonly kind: 'notification'; readonly code: number; readonly subcode: number }
  /** `kept`: its routes stay, stale, for the time being. */
  | { readonly kind: 'lost'; readonly reason: string; readonly kept: boolean }
  /** Nobody has told it anew in time. */
  | { readonly kind: 'flushed'; readonly prefixes: readonly Prefix[] };

export interface BgpRouterDependencies {
  readonly scheduler: Scheduler;
  readonly network: TcpNetwork;
  readonly host: TcpHost;
  /** `node` is the address from which a node speaks. */
  readonly told: (router: BgpRouter, node: Ip, event: RouterEvent) => void;
  /** Of the node with that name. */
  readonly addressOf: (node: string) => Ip | undefined;
}

interface Peer {
  session: RouterSession | undefined;
  readonly routes: Map<Prefix, Held>;
  restart: GracefulRestart | undefined;
  flush: Cancel;
}

export class BgpRouter {
  readonly name: string;
  readonly ip: Ip;
  readonly #options: BgpRouterOptions;
  readonly #dependencies: BgpRouterDependencies;
  readonly #peers = new Map<Ip, Peer>();
  #program: TcpProgram | undefined;

  constructor(options: BgpRouterOptions, dependencies: BgpRouterDependencies) {
    this.name = options.name;
    this.ip = options.ip;
    this.#options = options;
    this.#dependencies = dependencies;
    this.start();
  }

  /** It keeps the routes of those that restart. */
  get helps(): boolean {
    return this.#options.helps;
  }

  /** What it holds of that node, which is named or meant by its address. */
  routesOf(node: string): ReadonlyMap<Prefix, Held> {
    return this.#peers.get(this.#addressOf(node))?.routes ?? new Map<Prefix, Held>();
  }

  /** As no router should. */
  forget(node: string, prefix: Prefix): void {
    this.#peers.get(this.#addressOf(node))?.routes.delete(prefix);
  }

  isEstablished(node: string): boolean {
    return this.#peers.get(this.#addressOf(node))?.session?.isEstablished === true;
  }

  /** With nothing in its memory. */
  start(): void {
    const { scheduler, network, host } = this.#dependencies;
    const program: TcpProgram = new TcpProgram(network, host, (work) => {
      scheduler.after(0, () => {
        if (this.#program === program) work();
      });
    });
    this.#program = program;
    const options: ListenOptions = {
      local: this.ip,
      port,
      device: undefined,
      hopLimit: 1,
      leastHopLimit: 1,
      userTimeoutMs,
      passwords: [],
    };
    program.listen(options, {
      accepted: (connection, { remote }) => {
        const session: RouterSession = new RouterSession(
          { ...this.#options, asn: routerAsn },
          { scheduler, connection, happened: (event) => this.#happened(remote, session, event) },
        );
        return session;
      },
      failed: () => {},
    });
  }

  /** Without power: nobody hears a word. */
  stop(): void {
    forgetTcp(this.#dependencies.host);
    for (const { session, flush } of this.#peers.values()) {
      session?.forget();
      flush();
    }
    this.#peers.clear();
    this.#program = undefined;
  }

  /** As by an operator: all sessions end with Cease, Administrative Reset. */
  reset(): void {
    for (const { session } of this.#peers.values()) session?.end(6, 4);
  }

  #happened(node: Ip, session: RouterSession, event: Parameters<RouterSession['happened']>[0]): void {
    const peer = this.#peer(node);
    switch (event.kind) {
      case 'established':
        return this.#established(node, peer, session, event.restart);
      case 'update':
        if (peer.session !== session) return;
        this.#dependencies.told(this, node, event);
        return this.#learn(node, peer, event.update);
      case 'notification':
        if (peer.session === session) this.#dependencies.told(this, node, event);
        return;
      case 'lost':
        if (peer.session === session) this.#lost(node, peer, event.reason, event.mayKeep);
    }
  }

  #established(node: Ip, peer: Peer, session: RouterSession, restart: GracefulRestart | undefined): void {
    const before = peer.session;
    if (before !== undefined) {
      if (!before.isLetGo) this.#dependencies.told(this, node, { kind: 'twice' });
      // RFC 4724 §4.2: the one before is taken to be over.
      peer.session = undefined;
      before.forget();
      this.#lost(node, peer, 'connected anew', true);
    }
    peer.session = session;
    peer.restart = restart;
    peer.flush();
    const gone = [...peer.routes.keys()].filter((prefix) => restart?.families.get(familyOf(prefix)) !== true);
    this.#flush(node, peer, gone);
    peer.flush = this.#dependencies.scheduler.after(staleUs, () => this.#flush(node, peer, staleOf(peer)));
    this.#dependencies.told(this, node, { kind: 'established' });
  }

  #lost(node: Ip, peer: Peer, reason: string, mayKeep: boolean): void {
    peer.session = undefined;
    peer.flush();
    const restart = this.#options.helps && mayKeep ? peer.restart : undefined;
    const kept = restart !== undefined && restart.families.size > 0;
    this.#dependencies.told(this, node, { kind: 'lost', reason, kept });
    for (const [prefix, held] of peer.routes) {
      if (kept && restart.families.has(familyOf(prefix)) && !held.stale)
        peer.routes.set(prefix, { ...held, stale: true });
      else peer.routes.delete(prefix);
    }
    if (restart === undefined) return;
    const us = restart.restartSeconds * 1_000_000;
    peer.flush = this.#dependencies.scheduler.after(us, () => this.#flush(node, peer, [...peer.routes.keys()]));
  }

  #learn(node: Ip, peer: Peer, { withdrawn, announced, endOfRib }: Update): void {
    for (const prefix of withdrawn) peer.routes.delete(prefix);
    for (const { prefixes, ...route } of announced) for (const prefix of prefixes) this.#hold(peer, prefix, route);
    if (endOfRib === undefined) return;
    this.#flush(
      node,
      peer,
      staleOf(peer).filter((prefix) => familyOf(prefix) === endOfRib),
    );
  }

  #hold(peer: Peer, prefix: Prefix, { nextHop, communities }: Omit<Announced, 'prefixes'>): void {
    const before = peer.routes.get(prefix);
    const isSame =
      before !== undefined && before.nextHop === nextHop && before.communities.join() === communities.join();
    const sinceUs = isSame ? before.sinceUs : this.#dependencies.scheduler.nowUs;
    peer.routes.set(prefix, { nextHop, communities, stale: false, sinceUs });
  }

  #addressOf(node: string): Ip {
    return this.#dependencies.addressOf(node) ?? (node as Ip);
  }

  #flush(node: Ip, { routes }: Peer, prefixes: readonly Prefix[]): void {
    if (prefixes.length === 0) return;
    for (const prefix of prefixes) routes.delete(prefix);
    this.#dependencies.told(this, node, { kind: 'flushed', prefixes });
  }

  #peer(node: Ip): Peer {
    const known = this.#peers.get(node);
    if (known !== undefined) return known;
    const peer: Peer = { session: undefined, routes: new Map(), restart: undefined, flush: () => {} };
    this.#peers.set(node, peer);
    return peer;
  }
}

function staleOf({ routes }: Peer): readonly Prefix[] {
  return [...routes].filter(([, { stale }]) => stale).map(([prefix]) => prefix);
}

function familyOf(prefix: Prefix): RouteFamily {
  return prefix.includes(':') ? 'IPv6' : 'IPv4';
}

/** As the trace has it. */
export function describeRouterEvent(event: RouterEvent): string {
  switch (event.kind) {
    case 'established':
    case 'twice':
      return '';
    case 'update': {
      const { withdrawn, announced, endOfRib } = event.update;
      const told = announced.flatMap(({ prefixes, communities }) =>
        prefixes.map((prefix) => `${prefix} ${communities.join()}`),
      );
      return [`+${told.join(' +')}`, `-${withdrawn.join(' -')}`, endOfRib ?? ''].join(' ');
    }
    case 'notification':
      return `${event.code}/${event.subcode}`;
    case 'lost':
      return `${event.reason}${event.kept ? ', routes stay' : ''}`;
    case 'flushed':
      return event.prefixes.join();
  }
}
