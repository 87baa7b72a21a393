// All BGP sessions of this node (shell): whole lists of peers and routes in, each session brought to them.
import { BgpListeners, type ListenersOptions } from './listeners.ts';
import type { PeerSession } from './peer-session.ts';
import { emptyTable, type RouteTable } from './route-table.ts';
import { BgpSession, type Leaving, type SessionDependencies } from './session.ts';
import type { SessionStatus } from './session-status.ts';

const gone: Leaving = {
  reason: 'peerDeleted',
  text: '',
  keepsRoutes: false,
  graceMs: 5_000,
};

/** Equal for peers that are one and the same to a router. */
function routerOf({ transport: { remote, device } }: PeerSession): string {
  return `${remote ?? ''} ${device ?? ''}`;
}

export class BgpSessions {
  readonly #dependencies: SessionDependencies;
  readonly #listeners: BgpListeners;
  readonly #sessions = new Map<string, BgpSession>();
  /** Not wanted any more, and not gone yet. */
  readonly #leaving = new Map<string, BgpSession>();
  #peers: readonly PeerSession[] = [];
  #routes: { readonly tables: ReadonlyMap<string, RouteTable>; readonly complete: boolean } | undefined;

  constructor(options: ListenersOptions, dependencies: SessionDependencies) {
    this.#dependencies = dependencies;
    const accept = this.#accept.bind(this);
    this.#listeners = new BgpListeners(options, { ...dependencies, accept });
  }

  /** All that there are to be: the others end. */
  configure(peers: readonly PeerSession[]): void {
    const wanted = new Set(peers.map(({ name }) => name));
    const before = new Map(this.#peers.map((peer) => [peer.name, routerOf(peer)]));
    const routers = new Set(peers.map(routerOf));
    for (const [name, session] of this.#sessions) {
      if (wanted.has(name)) continue;
      this.#sessions.delete(name);
      // To a router there is one of us: what takes this one's place would be refused for as long as it stays.
      if (routers.has(before.get(name) ?? '')) session.stop('peerDeleted', '');
      else this.#leave(name, session, gone, () => {});
    }
    this.#peers = peers;
    for (const peer of peers) {
      const known = this.#sessions.get(peer.name);
      if (known === undefined) this.#begin(peer);
      else known.configure(peer);
    }
    this.#listeners.configure(peers);
  }

  /** By peer; one without a table is to hold nothing. Only what is `complete` is ever ended with End-of-RIB. */
  setRoutes(tables: ReadonlyMap<string, RouteTable>, complete: boolean): void {
    this.#routes = { tables, complete };
    for (const [name, session] of this.#sessions) this.#announce(name, session);
  }

  /** Addresses of this machine's interfaces are others: next hops may be, and where we listen. */
  interfacesChanged(): void {
    for (const session of this.#sessions.values()) session.interfacesChanged();
    this.#listeners.configure(this.#peers);
  }

  bfd(peer: string, state: 'up' | 'down' | 'adminDown'): void {
    this.#sessions.get(peer)?.bfd(state);
  }

  /** Ends all sessions without a loss, then calls back; nothing is begun any more. */
  leave(how: Omit<Leaving, 'reason'>, left: () => void): void {
    this.#listeners.stop();
    // Closed without a word, a peer would keep routes that nobody will come back for.
    for (const session of this.#leaving.values()) session.stop('peerDeleted', '');
    this.#leaving.clear();
    let open = this.#sessions.size;
    const leaving = [...this.#sessions];
    this.#sessions.clear();
    if (open === 0) left();
    for (const [name, session] of leaving) {
      this.#leave(name, session, { ...how, reason: 'shutdown' }, () => {
        open--;
        if (open === 0) left();
      });
    }
  }

  /** Ends all sessions now, those that are leaving as well: whoever waits for them to have left is not called. */
  stop(text: string): void {
    this.#listeners.stop();
    for (const session of [...this.#sessions.values(), ...this.#leaving.values()]) session.stop('shutdown', text);
    this.#sessions.clear();
    this.#leaving.clear();
  }

  /** Names of the peers with an Established session. */
  get established(): ReadonlySet<string> {
    return new Set([...this.#sessions].filter(([, { isEstablished }]) => isEstablished).map(([name]) => name));
  }

  get statuses(): readonly SessionStatus[] {
    return [...this.#sessions.values()].map(({ status }) => status);
  }

  /** Addresses that should be listened on and are not, and why. */
  get listenFailures(): readonly string[] {
    return this.#listeners.failures;
  }

  #leave(name: string, session: BgpSession, how: Leaving, left: () => void): void {
    this.#leaving.set(name, session);
    session.leave(how, () => {
      if (this.#leaving.get(name) === session) this.#leaving.delete(name);
      left();
    });
  }

  #begin(peer: PeerSession): void {
    // It has come back before it was gone: one session at a time.
    this.#leaving.get(peer.name)?.stop('peerDeleted', 'the BGPPeer has come back');
    this.#leaving.delete(peer.name);
    const session = new BgpSession(peer, this.#dependencies);
    this.#sessions.set(peer.name, session);
    this.#announce(peer.name, session);
    session.start();
  }

  #announce(name: string, session: BgpSession): void {
    if (this.#routes === undefined) return;
    session.setRoutes(this.#routes.tables.get(name) ?? emptyTable, this.#routes.complete);
  }

  #accept(name: string, ...connection: Parameters<BgpSession['accept']>): ReturnType<BgpSession['accept']> {
    return this.#sessions.get(name)?.accept(...connection);
  }
}
