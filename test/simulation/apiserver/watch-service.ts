// Opens watches: from the past as far as it is known, as streaming lists, behind a replica that lags, or in a time in which nothing seems to be
// there.
import type { Cancel } from '#shared/runtime/clock.ts';
import type { WatchRequest } from '#shared/kube/kube-api.ts';
import type { Scheduler } from '../time/scheduler.ts';
import { isServed } from './kinds.ts';
import { noSuchKind } from './read.ts';
import { refusal, type Refusal } from './answer.ts';
import { selecting } from './selection.ts';
import type { Store } from './store.ts';
import { ServerWatch, type Tell } from './watch.ts';

export class WatchService {
  readonly #store: Store;
  readonly #scheduler: Scheduler;
  readonly #open = new Set<ServerWatch>();
  /** The revision that lists without anything carry, now or earlier; 0: there was none. */
  #emptyRevision = 0;
  #pretending: Set<ServerWatch> | undefined;
  /** False: the apiserver does not know streaming lists. */
  streams = true;

  constructor(store: Store, scheduler: Scheduler) {
    this.#store = store;
    this.#scheduler = scheduler;
  }

  /** While it seems that there is nothing. */
  get emptyRevision(): number | undefined {
    return this.#pretending === undefined ? undefined : this.#emptyRevision;
  }

  /** The kinds that are watched now, one entry a watch. */
  get watched(): readonly string[] {
    return Array.from(this.#open, ({ kind }) => kind);
  }

  /** With an ERROR event, or cleanly, as an apiserver does that shuts down in good order. */
  end(error?: Refusal): void {
    for (const watch of this.#open) {
      if (error === undefined) watch.close();
      else watch.fail(error);
    }
  }

  open(request: WatchRequest, tell: Tell): Cancel {
    const selects = selecting(request);
    const refused = typeof selects === 'function' ? this.#reasonAgainst(request) : selects;
    if (refused !== undefined || typeof selects !== 'function') {
      tell({ kind: 'closed', ...(refused === undefined ? {} : { error: refused }) }, false);
      return () => {};
    }
    const collection = this.#store.collection(request.resource);
    const revision = (): number => this.#store.revision;
    const store = { collection, selects, revision, scheduler: this.#scheduler };
    const watch: ServerWatch = new ServerWatch(request, store, (event, isNews) => {
      if (event.kind === 'closed') this.#open.delete(watch);
      tell(event, isNews);
    });
    this.#open.add(watch);
    this.#begin(watch, request);
    return () => {
      this.#open.delete(watch);
      watch.stop();
    };
  }

  #reasonAgainst({ resource, sendInitialEvents, resourceVersion }: WatchRequest): Refusal | undefined {
    if (!isServed(resource)) return noSuchKind;
    if (sendInitialEvents === true && !this.streams) {
      return refusal(
        422,
        'sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled',
      );
    }
    const isOdd = resourceVersion !== undefined && !/^\d+$/.test(resourceVersion);
    return isOdd ? refusal(500, `invalid resource version "${resourceVersion}"`, { reason: '' }) : undefined;
  }

  #begin(watch: ServerWatch, { resource, resourceVersion, sendInitialEvents }: WatchRequest): void {
    const collection = this.#store.collection(resource);
    const isFromNothing = Number(resourceVersion) === this.#emptyRevision;
    if (this.#pretending !== undefined && (isFromNothing || sendInitialEvents === true)) {
      this.#pretending.add(watch);
      return watch.pretend(this.#emptyRevision);
    }
    if (sendInitialEvents === true || resourceVersion === undefined) return watch.stream();
    if (isFromNothing) {
      watch.pretend(this.#emptyRevision);
      return watch.appear();
    }
    const changes = collection.history.since(Number(resourceVersion));
    if (changes === undefined) watch.expire();
    else watch.resume(changes, Number(resourceVersion));
  }

  /** Lists and watches show nothing, until the answer is called: then all appears. */
  showNothing(): Cancel {
    this.#emptyRevision = this.#store.skip();
    const pretending = new Set<ServerWatch>();
    this.#pretending = pretending;
    return () => {
      if (this.#pretending === pretending) this.#pretending = undefined;
      for (const watch of pretending) watch.appear();
    };
  }
}
