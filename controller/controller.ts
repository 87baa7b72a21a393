// The controller: watches, plans, and, while it holds the Lease, writes. Everything it needs of the world is injected.
import type { Configuration } from '#shared/config/configuration.ts';
import type { KubeDependencies } from '#shared/kube/dependencies.ts';
import { LeaseElector } from '#shared/kube/lease-elector.ts';
import type { ServiceView } from '#shared/kube/objects/service.ts';
import type { ObjectKey } from '#shared/kube/objects/view.ts';
import type { Explanation, Watcher, WatcherListener } from '#shared/kube/watcher.ts';
import { Coalescer } from '#shared/runtime/coalescer.ts';
import { randomHex } from '#shared/runtime/random.ts';
import { listenToApi, type ApiContact } from './api-contact.ts';
import { controllerMetrics, type ControllerMetrics } from './report/metrics.ts';
import { Leader } from './leader.ts';
import { Ledger } from './ledger.ts';
import { plan, type Plan } from './plan.ts';
import { SnapshotFold } from './snapshot.ts';
import { createWatchers, type Watchers } from './watchers.ts';

export interface ControllerOptions {
  /** Ingot's own. */
  readonly namespace: string;
  readonly podName: string;
  /** Absent: Services without a class. */
  readonly lbClass: string | undefined;
}

const leaseName = 'ingot-controller';
/** Without an answer for longer than that the controller says that it is not ready. */
const longestSilenceMs = 60_000;

export class Controller {
  readonly #dependencies: KubeDependencies;
  readonly #contact: ApiContact;
  readonly #metrics: ControllerMetrics;
  readonly #watchers: Watchers;
  readonly #fold: SnapshotFold;
  readonly #ledger = new Ledger();
  readonly #leader: Leader;
  readonly #elector: LeaseElector;
  readonly #coalescer: Coalescer;
  /** In scope, as last seen. */
  readonly #services = new Map<ObjectKey, ServiceView>();
  #last: { readonly plan: Plan; readonly configuration: Configuration } | undefined;
  /** Something besides the configuration that plans are made from has changed. */
  #isStale = true;

  constructor({ namespace, podName, lbClass }: ControllerOptions, dependencies: KubeDependencies) {
    this.#contact = listenToApi(dependencies.api, dependencies.clock);
    const kube = { ...dependencies, api: this.#contact.api };
    this.#dependencies = kube;
    this.#metrics = controllerMetrics(kube.metrics);
    const trigger = (): void => this.#coalescer.trigger();
    const replan = (): void => this.#replanSoon();
    this.#watchers = createWatchers(namespace, kube, {
      services: this.#serviceListener(),
      namespaces: { synced: replan, changed: (_key, _view, _version, viewChanged) => viewChanged && replan() },
      pools: { synced: replan, changed: (key) => this.#poolChanged(key) },
      others: { synced: trigger, changed: (_key, _view, _version, viewChanged) => viewChanged && trigger() },
    });
    this.#fold = new SnapshotFold({ namespace, lbClass }, this.#watchers);
    this.#coalescer = new Coalescer(kube.clock, () => this.#run());
    const identity = `${podName}_${randomHex(kube.random, 16)}`;
    this.#elector = new LeaseElector({ namespace, name: leaseName, identity }, kube, {
      acquired: () => this.#leader.begin(),
      lost: () => this.#leader.end(),
    });
    this.#leader = new Leader(
      { namespace, podName, mayWrite: () => this.#elector.mayWrite() },
      { ...kube, watchers: this.#watchers, ledger: this.#ledger, controllerMetrics: this.#metrics },
      { pending: trigger, disproved: replan },
    );
  }

  start(): void {
    for (const watcher of this.#allWatchers) watcher.start();
    this.#elector.start();
  }

  /** Sends what is under way, gives the Lease to the next, and stops. */
  stop(done: () => void): void {
    this.#coalescer.stop();
    this.#leader.stop(() =>
      this.#elector.release(() => {
        for (const watcher of this.#allWatchers) watcher.stop();
        done();
      }),
    );
  }

  /** What it waits for; empty when it is ready. */
  notReady(): readonly string[] {
    const unread = Object.entries<Watcher<unknown>>({ ...this.#watchers })
      .filter(([, { synced }]) => !synced)
      .map(([kind, { blocked }]) => `${kind}: ${blocked ?? 'not yet read'}`);
    const silentMs = this.#contact.silentMs();
    if (silentMs <= longestSilenceMs) return unread;
    return [...unread, `no answer from the apiserver for ${Math.round(silentMs / 1000)} s`];
  }

  /** What it holds of each kind that it watches. */
  explain(): readonly Explanation[] {
    return this.#allWatchers.map((watcher) => watcher.explain());
  }

  /** Sets the gauges that are computed when they are scraped. */
  refresh(): void {
    for (const [kind, watcher] of Object.entries<Watcher<unknown>>({ ...this.#watchers })) {
      this.#metrics.snapshotObjects.set({ kind }, watcher.objects.size);
      watcher.refresh();
    }
    this.#leader.refresh();
  }

  get #allWatchers(): readonly Watcher<unknown>[] {
    return Object.values({ ...this.#watchers });
  }

  #serviceListener(): WatcherListener<ServiceView> {
    return {
      synced: () => {
        this.#leader.servicesListed();
        this.#replanSoon();
      },
      changed: (key, view, resourceVersion, viewChanged) => {
        this.#metrics.updates.add({});
        this.#serviceChanged(key, view, resourceVersion, viewChanged);
      },
    };
  }

  #serviceChanged(
    key: ObjectKey,
    view: ServiceView | undefined,
    resourceVersion: string | undefined,
    viewChanged: boolean,
  ): void {
    const before = this.#services.get(key);
    const now = view !== undefined && this.#fold.isInScope(view) ? view : undefined;
    if (before !== undefined && before.uid !== now?.uid) this.#serviceLeft(before);
    if (now === undefined || resourceVersion === undefined) return;
    this.#services.set(key, now);
    const isNews = this.#leader.serviceShown(key, resourceVersion);
    if (isNews && viewChanged) this.#replanSoon();
  }

  #serviceLeft(service: ServiceView): void {
    this.#services.delete(service.key);
    this.#ledger.forget(service.uid);
    this.#leader.serviceLeft(service);
    this.#replanSoon();
  }

  /** Whether it matters to the plan is seen when the configuration is parsed. */
  #poolChanged(key: ObjectKey): void {
    this.#leader.poolShown(key);
    this.#coalescer.trigger();
  }

  #replanSoon(): void {
    this.#isStale = true;
    this.#coalescer.trigger();
  }

  /** A list that could not be had is no empty list: nothing is planned before all three are in. */
  #run(): void {
    const { services, pools, namespaces } = this.#watchers;
    if (!services.synced || !pools.synced || !namespaces.synced) return;
    const configuration = this.#fold.configuration();
    if (this.#isStale || this.#last?.configuration !== configuration) this.#plan(configuration);
    if (this.#last !== undefined) this.#leader.write(this.#last.plan, configuration);
  }

  #plan(configuration: Configuration): void {
    const { clock } = this.#dependencies;
    const startedMs = clock.nowMs();
    this.#isStale = false;
    const made = plan(this.#fold.take(configuration, this.#leader.writes), this.#ledger.accepted);
    this.#metrics.planSeconds.observe({}, (clock.nowMs() - startedMs) / 1000);
    this.#ledger.acceptShown(made);
    this.#last = { plan: made, configuration };
  }
}
