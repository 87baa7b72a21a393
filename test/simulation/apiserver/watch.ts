// One watch as the apiserver serves it: what happened since its revision, or all objects first (KEP-3157), then each change as its selection shows
// it, bookmarks (KEP-956), and its end.
import type { Cancel } from '#shared/runtime/clock.ts';
import type { WatchEvent, WatchRequest } from '#shared/kube/kube-api.ts';
import type { Scheduler } from '../time/scheduler.ts';
import { refusal, statusObject, type Refusal } from './answer.ts';
import type { Collection } from './collection.ts';
import { bookmark, departed, formOf } from './form.ts';
import type { StoreChange } from './history.ts';
import type { KubeObject } from './object.ts';
import type { Selects } from './selection.ts';

/** The first comes later, as measured; one comes at the end as well. */
const firstBookmarkUs = 122_000_000;
const bookmarkUs = 60_000_000;
/** How long before the end that one comes. */
const lastBookmarkUs = 2_000_000;

export interface WatchedStore {
  readonly collection: Collection;
  readonly selects: Selects;
  /** Of the store, now. */
  readonly revision: () => number;
  readonly scheduler: Scheduler;
}

/** `isNews`: it is told of what happens, which may come late; not the answer to the request. */
export type Tell = (event: WatchEvent, isNews: boolean) => void;

export class ServerWatch {
  readonly #request: WatchRequest;
  readonly #store: WatchedStore;
  readonly #tell: Tell;
  readonly #form: (object: KubeObject) => object;
  #cancels: Cancel[] = [];
  #nextBookmark: Cancel = () => {};
  #unfollow: Cancel = () => {};
  #isOver = false;
  #since = 0;
  #isNews = true;
  /** Bookmarks name no other than this one. */
  #pinned: number | undefined;

  constructor(request: WatchRequest, store: WatchedStore, tell: Tell) {
    this.#request = request;
    this.#store = store;
    this.#tell = tell;
    this.#form = formOf(request);
  }

  get kind(): string {
    return this.#request.resource.kind;
  }

  /** All objects, one by one, and then what happens. */
  stream(): void {
    this.#open();
    this.#isNews = false;
    this.#show();
    this.#bookmark(true);
    this.#isNews = true;
    this.#follow();
  }

  /** What happened since, and what happens. From a version of the future: nothing until then. */
  resume(changes: readonly StoreChange[], since: number): void {
    this.#since = since;
    this.#open();
    for (const change of changes) this.#changed(change);
    this.#follow();
  }

  /** Nothing, whatever happens, until all appears. */
  pretend(revision: number): void {
    this.#pinned = revision;
    this.#open();
    if (this.#request.sendInitialEvents === true) this.#bookmark(true);
  }

  appear(): void {
    if (this.#isOver) return;
    this.#pinned = undefined;
    this.#show();
    this.#follow();
  }

  /** An ERROR event, and the end of the stream. */
  fail(error: Refusal): void {
    if (this.#isOver) return;
    this.#line('ERROR', statusObject(error));
    this.close();
  }

  /** 200, and then the ERROR that says that its revision is gone. */
  expire(): void {
    this.#tell({ kind: 'opened' }, false);
    this.fail(refusal(410, `too old resource version: ${this.#request.resourceVersion}`));
  }

  /** A clean end. */
  close(): void {
    if (this.#isOver) return;
    this.stop();
    this.#tell({ kind: 'closed' }, false);
  }

  /** Nobody is there any more. */
  stop(): void {
    this.#isOver = true;
    this.#unfollow();
    this.#nextBookmark();
    for (const cancel of this.#cancels) cancel();
    this.#cancels = [];
  }

  #open(): void {
    this.#tell({ kind: 'opened' }, false);
    const { scheduler } = this.#store;
    const lifeUs = this.#request.timeoutSeconds * 1_000_000;
    const end = scheduler.after(lifeUs, () => this.close());
    this.#cancels.push(end);
    if (lifeUs > lastBookmarkUs)
      this.#cancels.push(scheduler.after(lifeUs - lastBookmarkUs, () => this.#bookmark(false)));
    this.#bookmarkAfter(firstBookmarkUs);
  }

  #bookmarkAfter(delayUs: number): void {
    this.#nextBookmark = this.#store.scheduler.after(delayUs, () => {
      this.#bookmark(false);
      this.#bookmarkAfter(bookmarkUs);
    });
  }

  #bookmark(endsInitialEvents: boolean): void {
    const revision = this.#pinned ?? this.#store.revision();
    if (revision >= this.#since) this.#line('BOOKMARK', bookmark(this.#request, revision, endsInitialEvents));
  }

  #follow(): void {
    this.#unfollow = this.#store.collection.follow((change) => this.#changed(change));
  }

  /** What leaves the selection is DELETED to those who watch it, what comes into it ADDED. */
  #changed(change: StoreChange): void {
    const { selects } = this.#store;
    const { type, before, object } = change;
    if (change.revision <= this.#since) return;
    const is = type !== 'DELETED' && selects(object);
    const was = before !== undefined && selects(before);
    if (is) this.#line(was ? 'MODIFIED' : 'ADDED', this.#form(object));
    else if (was) this.#line('DELETED', this.#form(departed(change)));
  }

  #show(): void {
    const { selects, collection } = this.#store;
    for (const object of collection.list()) if (selects(object)) this.#line('ADDED', this.#form(object));
  }

  #line(type: string, object: object): void {
    this.#tell({ kind: 'line', line: { type, object } }, this.#isNews);
  }
}
