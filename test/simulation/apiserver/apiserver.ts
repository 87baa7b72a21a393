// The simulated kube-apiserver: objects, the rules for reading and writing them, and all that can go wrong on the way to it.
import type { Cancel } from '#shared/runtime/clock.ts';
import type { KubeAnswer, KubeRequest, Resource, WatchRequest } from '#shared/kube/kube-api.ts';
import { apiVersionOf } from '#shared/kube/resources.ts';
import { randomHex, type Random } from '#shared/runtime/random.ts';
import { once } from '../cancel.ts';
import type { Scheduler } from '../time/scheduler.ts';
import type { Trace } from '../trace.ts';
import { ok, refused, type Refusal } from './answer.ts';
import type { Client } from './client.ts';
import { Connection, type ConnectionOptions } from './connection.ts';
import { formOf } from './form.ts';
import { isServed, kindOf } from './kinds.ts';
import { jsonCopy, type KubeObject, type Manifest } from './object.ts';
import { emptyList, get, list, noSuchKind } from './read.ts';
import { Reception } from './reception.ts';
import { Store } from './store.ts';
import { Troubles, type ApiClient, type Clients } from './trouble.ts';
import type { Tell } from './watch.ts';
import { WatchService } from './watch-service.ts';
import { asStored, decide, type WriteContext, type WriteRequest } from './write.ts';

export interface ApiserverOptions {
  readonly scheduler: Scheduler;
  /** A stream of chance for each purpose. */
  readonly random: (purpose: string) => Random;
  readonly trace?: Trace | undefined;
  /** It gives no more than that at a time, however much is asked for. */
  readonly pageLimit?: number;
}

export interface Performed {
  /** As `n1/speaker`. */
  readonly client: string;
  readonly request: KubeRequest;
  readonly answer: KubeAnswer;
  /** Something is stored or gone that was not so before. */
  readonly hasWritten: boolean;
}

/** What one person or script does at once, with no network in between. */
const admin = 'admin';
const epochMs = Date.UTC(2026, 0, 1);

export class Apiserver {
  readonly store = new Store();
  readonly troubles: Troubles;
  readonly watches: WatchService;
  /** Where connections lead. */
  readonly reception: Reception;
  readonly #options: ApiserverOptions;
  readonly #context: WriteContext;
  readonly #connections = new Set<Connection>();
  readonly #listeners = new Set<(performed: Performed) => void>();
  readonly #cuts = new Set<Clients>();
  #outages = 0;
  #incarnation = 1;

  constructor(options: ApiserverOptions) {
    const { scheduler, random } = options;
    this.#options = options;
    this.watches = new WatchService(this.store, scheduler);
    this.troubles = new Troubles(random('apiserver troubles'), (event, what) => this.#record(event, what));
    this.reception = new Reception({
      scheduler,
      store: this.store,
      troubles: this.troubles,
      incarnation: () => (this.isDown ? undefined : this.#incarnation),
      perform: (request, client) => this.perform(request, client),
      openWatch: (request, client, tell) => this.#openWatch(request, client, tell),
      refused: (request, client, code) => this.#recordRequest(request, client, String(code)),
    });
    const [uids, names] = [random('apiserver uids'), random('apiserver names')];
    this.#context = {
      store: this.store,
      newUid: () => uidOf(randomHex(uids, 32)),
      now: () => `${new Date(epochMs + Math.floor(scheduler.nowUs / 1_000)).toISOString().slice(0, 19)}Z`,
      newNameSuffix: () => randomHex(names, 5),
    };
  }

  get scheduler(): Scheduler {
    return this.#options.scheduler;
  }

  /** One process's way to it, as its KubeApi. */
  connect(client: Client, options: ConnectionOptions = {}): Connection {
    const random = this.#options.random(`connection ${client.name}`);
    const connection: Connection = new Connection(this, client, random, options, () =>
      this.#connections.delete(connection),
    );
    this.#connections.add(connection);
    return connection;
  }

  /** Each request that is done, in order, with its answer. */
  onPerformed(listener: (performed: Performed) => void): Cancel {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** At once, by all rules. */
  perform(request: KubeRequest, client = admin): KubeAnswer {
    const { revision } = this.store;
    const answer = this.#answer(request, client);
    const hasWritten = this.store.revision > revision;
    for (const listener of this.#listeners) listener({ client, request, answer, hasWritten });
    return answer;
  }

  // What stands in etcd, whatever the rules: for tests and for scripts that play the rest of the cluster.

  get(resource: Resource, namespace: string | undefined, name: string): KubeObject | undefined {
    return this.store.get(resource, namespace, name);
  }

  list(resource: Resource): readonly KubeObject[] {
    return this.store.list(resource);
  }

  /** Creates it, or puts it in the place of the one with its name, whose uid it keeps unless it says another. What is the same is no change. */
  put(resource: Resource, manifest: Manifest): KubeObject {
    const { metadata: given, ...rest } = jsonCopy(manifest);
    const before = this.get(resource, given.namespace, given.name);
    const object = asStored(resource, before, {
      apiVersion: apiVersionOf(resource),
      kind: resource.kind,
      ...rest,
      metadata: {
        uid: before?.metadata.uid ?? this.#context.newUid(),
        creationTimestamp: before?.metadata.creationTimestamp ?? this.#context.now(),
        ...given,
        resourceVersion: before?.metadata.resourceVersion ?? '',
      },
    });
    if (object === before) return before;
    this.#record('put', `${resource.kind} ${given.namespace ?? ''}/${given.name}`);
    return this.store.put(resource, object);
  }

  /** As a user does it: what the kind fills in or clears is filled in or cleared. */
  edit(
    resource: Resource,
    namespace: string | undefined,
    name: string,
    change: (object: KubeObject) => Manifest,
  ): void {
    const object = this.get(resource, namespace, name);
    if (object === undefined) return;
    const changed = jsonCopy(change(object));
    this.put(resource, kindOf(resource).complete(changed, object) as Manifest);
  }

  remove(resource: Resource, namespace: string | undefined, name: string): KubeObject | undefined {
    this.#record('remove', `${resource.kind} ${namespace ?? ''}/${name}`);
    return this.store.remove(resource, namespace, name);
  }

  // Trouble that befalls connections. The rest is in `troubles`.

  get isDown(): boolean {
    return this.#outages > 0;
  }

  isCutOff(client: ApiClient): boolean {
    // Asked for every message.
    return this.#cuts.size > 0 && this.#cuts.values().some((clients) => clients(client));
  }

  /** Its process is dead: connections break, new ones are refused. */
  outage(): Cancel {
    this.#outages++;
    this.#incarnation++;
    this.#record('outage', 'apiserver');
    for (const connection of this.#connections) connection.lostServer();
    return once(() => {
      this.#outages--;
      this.#record('outage ends', 'apiserver');
    });
  }

  /** Away until the answer is called; then old versions are gone, and for a while there seems to be nothing. */
  restart({ emptyListsMs }: { readonly emptyListsMs: number }): Cancel {
    const end = this.outage();
    return once(() => {
      end();
      this.compact();
      if (emptyListsMs === 0) return;
      this.#record('empty lists', `for ${emptyListsMs} ms`);
      this.scheduler.after(emptyListsMs * 1_000, this.watches.showNothing());
    });
  }

  /** Nothing comes through between it and these clients. What is sent meanwhile arrives afterwards, unless the connection is given up. */
  cut(clients: Clients): Cancel {
    this.#cuts.add(clients);
    this.#record('cut', 'apiserver');
    for (const connection of this.#connections) connection.reachabilityChanged();
    return once(() => {
      this.#cuts.delete(clients);
      this.#record('cut ends', 'apiserver');
      for (const connection of this.#connections) connection.reachabilityChanged();
    });
  }

  /** All watches break, some in the middle of a line. */
  resetWatches(clients: Clients = () => true): void {
    this.#record('watches reset', 'apiserver');
    for (const connection of this.#connections) if (clients(connection.client)) connection.resetWatches();
  }

  /** All watches end: with an ERROR event, or cleanly. */
  endWatches(error?: Refusal): void {
    this.#record('watches end', 'apiserver', error?.message);
    this.watches.end(error);
  }

  /** Versions before now are forgotten. */
  compact(): void {
    this.#record('compaction', 'apiserver');
    this.store.compact();
  }

  #openWatch(request: WatchRequest, client: string, tell: Tell): Cancel {
    const what = describe(request);
    this.#record('watch', what, `${client} from ${request.resourceVersion ?? 'the start'}`);
    const end = this.watches.open(request, (event, isNews) => {
      if (event.kind === 'closed') this.#record('watch ends', what, client);
      tell(event, isNews);
    });
    return once(end);
  }

  #answer(request: KubeRequest, client: string): KubeAnswer {
    if (!isServed(request.resource)) return refused(noSuchKind);
    switch (request.verb) {
      case 'get':
        return get(this.store, request);
      case 'list': {
        this.#recordRequest(request, client, '');
        const { emptyRevision } = this.watches;
        if (emptyRevision !== undefined) return emptyList(request, emptyRevision);
        const limit = Math.min(request.limit, this.#options.pageLimit ?? Infinity);
        return list(this.store, { ...request, limit }, this.scheduler.nowUs / 1_000);
      }
      default:
        return this.#write(request, client);
    }
  }

  #write(request: WriteRequest, client: string): KubeAnswer {
    const decision = decide(this.#context, request);
    this.#recordRequest(request, client, decision.kind === 'refused' ? String(decision.error.code) : decision.kind);
    switch (decision.kind) {
      case 'refused':
        return refused(decision.error);
      case 'unchanged':
        return ok(formOf(partly(request))(decision.object));
      case 'stored':
        return ok(formOf(partly(request))(this.store.put(request.resource, decision.object)));
      case 'removed': {
        const { resource, namespace } = request;
        const last = this.store.remove(resource, namespace, 'name' in request ? request.name : '');
        if (kindOf(resource).isShownWhenDeleted) return ok(last);
        return ok({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' });
      }
    }
  }

  #recordRequest(request: KubeRequest, client: string, outcome: string): void {
    if (this.#options.trace === undefined) return;
    const way = 'subresource' in request ? `${request.verb} ${request.subresource}` : request.verb;
    this.#record(way, describe(request), `${client} ${outcome}`);
  }

  #record(event: string, subject: string, detail = ''): void {
    this.#options.trace?.record('apiserver', event, subject, detail);
  }
}

function partly(request: WriteRequest): { readonly metadataOnly?: boolean } {
  return request.verb === 'patch' && request.metadataOnly === true ? { metadataOnly: true } : {};
}

function describe(request: KubeRequest | WatchRequest): string {
  const { resource, namespace = '' } = request;
  if ('name' in request) return `${resource.kind} ${namespace}/${request.name}`;
  if ('body' in request) return `${resource.kind} ${namespace}/${nameIn(request.body)}`;
  return `${resource.kind} ${namespace}`;
}

function nameIn(body: object): string {
  return (body as Manifest).metadata.name;
}

function uidOf(hex: string): string {
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
