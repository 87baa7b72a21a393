// A small apiserver of things, as lists and watches see it: one history of events, watches that lag behind it, and faults on demand.
import type { Cancel, Clock } from '#shared/runtime/clock.ts';
import type { KubeAnswer, KubeApi, KubeError, KubeRequest, WatchEvent, WatchRequest } from '#shared/kube/kube-api.ts';
import { lostConnection, refusal } from '#test/simulation/scripted-kube-api.ts';
import { bookmark, initialEventsEnd, statusObject, thing } from './objects/thing.ts';

interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly version: number;
  readonly object: object;
}

interface Watch {
  readonly happened: (event: WatchEvent) => void;
  /** The version that it has seen. */
  seen: number;
  silent: boolean;
}

const pageSize = 3;

export class ModelApiserver implements KubeApi {
  readonly #things = new Map<string, { readonly colour: string; readonly version: number }>();
  readonly #clock: Clock;
  readonly #watches = new Set<Watch>();
  #history: Change[] = [];
  #version = 1;
  /** Versions before this one are gone from the history. */
  #oldest = 1;
  #streams = true;
  #refusals: KubeError[] = [];
  /** After how many objects the next streamed list breaks off. */
  #breakAfter = Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Colours by name: what a watcher is to show in the end. */
  get colours(): ReadonlyMap<string, string> {
    return new Map(Array.from(this.#things, ([name, { colour }]) => [name, colour]));
  }

  put(name: string, colour: string): void {
    const type = this.#things.has(name) ? 'MODIFIED' : 'ADDED';
    const version = this.#happens(type, name, colour);
    this.#things.set(name, { colour, version });
  }

  delete(name: string): void {
    const { colour } = this.#things.get(name) ?? {};
    if (colour === undefined) return;
    this.#things.delete(name);
    this.#happens('DELETED', name, colour);
  }

  /** Every watch that is not silent sees up to so many of the changes that it has not seen. */
  deliver(most = Infinity): void {
    for (const watch of this.#watches) {
      if (!watch.silent) this.#deliverTo(watch, most);
    }
  }

  compact(): void {
    this.#oldest = this.#version;
    this.#history = [];
  }

  useStreams(streams: boolean): void {
    this.#streams = streams;
  }

  breakNextStream(afterObjects: number): void {
    this.#breakAfter = afterObjects;
  }

  /** The next requests are answered with these errors. */
  refuse(errors: readonly KubeError[]): void {
    this.#refusals = [...errors];
  }

  endWatches(error?: KubeError): void {
    for (const watch of this.#watches) {
      this.#watches.delete(watch);
      watch.happened(error === undefined ? { kind: 'closed' } : { kind: 'closed', error });
    }
  }

  garble(): void {
    for (const { happened } of this.#watches) happened({ kind: 'line', line: undefined });
  }

  silence(): void {
    for (const watch of this.#watches) watch.silent = true;
  }

  /** An ERROR event, after which the stream is over. */
  fail(code: number, reason: string): void {
    for (const { happened } of this.#watches) {
      happened({ kind: 'line', line: { type: 'ERROR', object: statusObject(code, reason) } });
    }
  }

  request(request: KubeRequest, answered: (answer: KubeAnswer) => void): Cancel {
    return this.#clock.after(1, () => answered(this.#list(request as Extract<KubeRequest, { verb: 'list' }>)));
  }

  watch(request: WatchRequest, happened: (event: WatchEvent) => void): Cancel {
    const watch: Watch = { happened, seen: Number(request.resourceVersion ?? this.#version), silent: false };
    const opening = this.#clock.after(1, () => this.#open(watch, request));
    return () => {
      opening();
      this.#watches.delete(watch);
    };
  }

  #happens(type: Change['type'], name: string, colour: string): number {
    this.#version++;
    this.#history.push({ type, version: this.#version, object: thing(name, this.#version, colour) });
    return this.#version;
  }

  #deliverTo(watch: Watch, most: number): void {
    if (watch.seen < this.#oldest) {
      return watch.happened({ kind: 'line', line: { type: 'ERROR', object: statusObject(410, 'Expired') } });
    }
    const unseen = this.#history.filter(({ version }) => version > watch.seen).slice(0, most);
    for (const { type, version, object } of unseen) {
      if (!this.#watches.has(watch)) return;
      watch.seen = version;
      watch.happened({ kind: 'line', line: { type, object } });
    }
    if (unseen.length < most && this.#watches.has(watch)) this.#bookmark(watch);
  }

  #bookmark({ happened, seen }: Watch): void {
    happened({ kind: 'line', line: { type: 'BOOKMARK', object: bookmark(seen) } });
  }

  #list({ continue: next }: Extract<KubeRequest, { verb: 'list' }>): KubeAnswer {
    const error = this.#refusals.shift();
    if (error !== undefined) return { kind: 'failed', error };
    // The token names the version and the place; the version has to be the current one, so that there is no need to keep old ones.
    const [version = this.#version, start = 0] = next?.split('/').map(Number) ?? [];
    if (version !== this.#version) return { kind: 'failed', error: refusal(410, 'Expired') };
    const all = this.#objects();
    const token = start + pageSize < all.length ? { continue: `${version}/${start + pageSize}` } : {};
    const items = all.slice(start, start + pageSize);
    return { kind: 'ok', body: { metadata: { resourceVersion: String(version), ...token }, items } };
  }

  #open(watch: Watch, { sendInitialEvents }: WatchRequest): void {
    const error = this.#refusals.shift() ?? this.#reasonAgainst(watch, sendInitialEvents === true);
    if (error !== undefined) return watch.happened({ kind: 'closed', error });
    this.#watches.add(watch);
    watch.happened({ kind: 'opened' });
    if (sendInitialEvents !== true) return;
    watch.seen = this.#version;
    const objects = this.#objects();
    const broken = objects.length > this.#breakAfter;
    for (const object of objects.slice(0, this.#breakAfter)) {
      watch.happened({ kind: 'line', line: { type: 'ADDED', object } });
    }
    this.#breakAfter = Infinity;
    if (broken) return this.#lose(watch);
    watch.happened({ kind: 'line', line: { type: 'BOOKMARK', object: initialEventsEnd(this.#version) } });
  }

  #lose(watch: Watch): void {
    this.#watches.delete(watch);
    watch.happened({ kind: 'closed', error: lostConnection() });
  }

  #reasonAgainst({ seen }: Watch, sendInitialEvents: boolean): KubeError | undefined {
    if (sendInitialEvents) {
      return this.#streams ? undefined : refusal(422, 'Invalid', { message: 'sendInitialEvents is forbidden' });
    }
    return seen < this.#oldest ? refusal(410, 'Expired') : undefined;
  }

  #objects(): readonly object[] {
    return Array.from(this.#things, ([name, { colour, version }]) => thing(name, version, colour));
  }
}
