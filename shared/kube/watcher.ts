// Keeps a live copy of a selection of objects: runs a reflector against the apiserver and tells a listener what changed.
import type { Cancel } from '../runtime/clock.ts';
import { uniform } from '../runtime/random.ts';
import { Runner } from '../runtime/runner.ts';
import type { KubeDependencies } from './dependencies.ts';
import type { KubeApi, Selection } from './kube-api.ts';
import { kubeMetrics, type KubeMetrics } from './kube-metrics.ts';
import type { ObjectKey, Parsed } from './objects/view.ts';
import { createReflector, type ReflectorEffect, type ReflectorEvent, type ReflectorState } from './reflector.ts';
import { Store, type Change } from './store.ts';
import type { Wait } from './wait.ts';

export interface WatcherOptions<View> {
  readonly selection: Selection;
  /** A normaliser: never throws. */
  readonly parse: (object: unknown) => Parsed<View>;
  /** Over how long a fleet spreads its reconnects after a loss, asked each time (see reconnectSpreadMs). Absent: not at all. */
  readonly jitterMs?: () => number;
}

export interface WatcherListener<View> {
  /** A full list is in; the changes it brought were told before. */
  synced(): void;
  /**
   * `view` is undefined when the object is gone, no longer selected, or does not parse. `viewChanged` is false when only its
   * resourceVersion changed. The objects of a watcher are up to date before the first change of a list is told.
   */
  changed(key: ObjectKey, view: View | undefined, resourceVersion: string | undefined, viewChanged: boolean): void;
}

/** What a watcher holds, to be compared with what the apiserver has. */
export interface Explanation {
  readonly selection: Selection;
  readonly synced: boolean;
  /** Live: the resourceVersion of each object. */
  readonly versions: ReadonlyMap<ObjectKey, string>;
}

const pageLimit = 500;
/** A watch ends by itself after a random time in between, so that the watches of a fleet are not renewed together. */
const shortestWatchSeconds = 600;
const longestWatchSeconds = 1_200;
const longestSpreadMs = 30_000;
const spreadPerNodeMs = 10;
const nodesWhenUnknown = 1_000;

/** Over how long the daemons of this many nodes (undefined: not known) come back to a new apiserver. */
export function reconnectSpreadMs(nodes: number | undefined): number {
  return Math.min(longestSpreadMs, (nodes ?? nodesWhenUnknown) * spreadPerNodeMs);
}

/** Apiservers that refused a streaming list; they are not asked again while the process lives. */
const withoutStreaming = new WeakSet<KubeApi>();

export class Watcher<View> {
  readonly #options: WatcherOptions<View>;
  readonly #dependencies: KubeDependencies;
  readonly #listener: WatcherListener<View>;
  readonly #metrics: KubeMetrics;
  readonly #store: Store<View>;
  #runner: Runner<ReflectorState, ReflectorEvent, ReflectorEffect> | undefined;
  #ending: Cancel = () => {};
  #retry: Cancel = () => {};
  #synced = false;
  #lastEventMs: number | undefined;

  constructor(options: WatcherOptions<View>, dependencies: KubeDependencies, listener: WatcherListener<View>) {
    this.#options = options;
    this.#dependencies = dependencies;
    this.#listener = listener;
    this.#metrics = kubeMetrics(dependencies.metrics);
    this.#store = new Store(options.parse);
  }

  /** A first full list was committed. */
  get synced(): boolean {
    return this.#synced;
  }

  /** Live; what parsed. */
  get objects(): ReadonlyMap<ObjectKey, View> {
    return this.#store.views;
  }

  /** Live; why the others do not parse. */
  get problems(): ReadonlyMap<ObjectKey, string> {
    return this.#store.problems;
  }

  /** When the apiserver was heard last, on the monotonic clock. */
  get lastEventMs(): number | undefined {
    return this.#lastEventMs;
  }

  /** Why nothing can be had: rights or the kind are missing. */
  get blocked(): string | undefined {
    return this.#runner?.state.blocked;
  }

  resourceVersion(key: ObjectKey): string | undefined {
    return this.#store.resourceVersion(key);
  }

  explain(): Explanation {
    return { selection: this.#options.selection, synced: this.#synced, versions: this.#store.versions };
  }

  start(): void {
    const streaming = !withoutStreaming.has(this.#dependencies.api);
    const engine = createReflector({ streaming });
    this.#runner = new Runner(engine, this.#dependencies.clock, (effect) => this.#perform(effect));
    this.#runner.dispatch({ kind: 'start' });
  }

  /** For good; the objects stay as they are. */
  stop(): void {
    this.#runner?.stop();
    this.#ending();
    this.#retry();
    this.#metrics.lastEventAge.remove({ kind: this.#kind });
  }

  /** Lists anew, from now on and consistently; everything is kept meanwhile. `synced` tells when it is in. */
  relist(): void {
    this.#runner?.dispatch({ kind: 'relist' });
  }

  /** Sets the gauges that are computed when they are scraped. */
  refresh(): void {
    if (this.#lastEventMs === undefined) return;
    const ageMs = this.#dependencies.clock.nowMs() - this.#lastEventMs;
    this.#metrics.lastEventAge.set({ kind: this.#kind }, ageMs / 1000);
  }

  get #kind(): string {
    return this.#options.selection.resource.kind;
  }

  #perform(effect: ReflectorEffect): void {
    switch (effect.kind) {
      case 'list':
        return this.#list(effect.continue);
      case 'watch':
        return this.#watch(effect.resourceVersion);
      case 'cancel':
        return this.#ending();
      case 'discard':
        return this.#store.discard();
      case 'stage':
        return this.#store.stage(effect.object);
      case 'unstage':
        return this.#store.unstage(effect.object);
      case 'commit':
        return this.#commit();
      case 'apply':
        return this.#tell(this.#store.apply(effect.object, effect.deleted));
      case 'wait':
        return this.#wait(effect.wait, effect.spread);
      case 'restarted':
        return this.#restarted(effect);
      case 'streamingRefused':
        withoutStreaming.add(this.#dependencies.api);
    }
  }

  #list(next: string | undefined): void {
    const page = next === undefined ? {} : { continue: next };
    this.#ending = this.#dependencies.api.request(
      { verb: 'list', ...this.#options.selection, limit: pageLimit, ...page },
      (answer) => {
        this.#heard(answer.kind === 'ok');
        this.#runner?.dispatch({ kind: 'page', answer });
      },
    );
  }

  #watch(resourceVersion: string | undefined): void {
    const { api, random } = this.#dependencies;
    const from = resourceVersion === undefined ? { sendInitialEvents: true } : { resourceVersion };
    const timeoutSeconds = uniform(random, shortestWatchSeconds, longestWatchSeconds);
    this.#ending = api.watch({ ...this.#options.selection, ...from, timeoutSeconds }, (event) => {
      this.#heard(event.kind !== 'closed');
      this.#runner?.dispatch(event);
    });
  }

  #heard(something: boolean): void {
    if (something) this.#lastEventMs = this.#dependencies.clock.nowMs();
  }

  #commit(): void {
    this.#synced = true;
    for (const change of this.#store.commit()) this.#tell(change);
    this.#listener.synced();
  }

  #tell(change: Change<View> | undefined): void {
    if (change === undefined) return;
    const { key, view, resourceVersion, viewChanged } = change;
    const problem = this.#store.problems.get(key);
    if (viewChanged && problem !== undefined) {
      this.#dependencies.log.warn({ kind: this.#kind, key, problem }, 'an object cannot be read');
    }
    this.#listener.changed(key, view, resourceVersion, viewChanged);
  }

  #wait({ fromMs, toMs }: Wait, spread: boolean): void {
    const { random, clock } = this.#dependencies;
    const spreadMs = spread ? (this.#options.jitterMs?.() ?? 0) : 0;
    const delayMs = uniform(random, Math.round(fromMs), Math.round(Math.max(toMs, spreadMs)));
    this.#retry = clock.after(delayMs, () => this.#runner?.dispatch({ kind: 'timer', timer: 'retry' }));
  }

  #restarted({ reason, message, relist }: Extract<ReflectorEffect, { kind: 'restarted' }>): void {
    this.#metrics.watchRestarts.add({ kind: this.#kind, reason });
    if (relist) this.#metrics.relists.add({ kind: this.#kind });
    const log = this.#dependencies.log;
    // A watch that ends by itself, and a list that was asked for, are everyday.
    const everyday = reason === 'ended' || reason === 'asked';
    log[everyday ? 'debug' : 'info']({ kind: this.#kind, reason, relist, message }, 'watching begins again');
  }
}
