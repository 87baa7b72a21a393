// What the controller does while it holds the Lease: it brings the cluster to the plan and says what is wrong.
import type { Configuration } from '#shared/config/configuration.ts';
import { hasErrors } from '#shared/config/problem.ts';
import type { KubeDependencies } from '#shared/kube/dependencies.ts';
import { EventRecorder } from '#shared/kube/event-recorder.ts';
import type { KubeError } from '#shared/kube/kube-api.ts';
import type { ServiceView } from '#shared/kube/objects/service.ts';
import type { ObjectKey } from '#shared/kube/objects/view.ts';
import { mostServiceBGPStatuses } from '#shared/api/service-bgp-status.ts';
import { ProblemEvents } from '#shared/kube/problem-events.ts';
import { describeError } from '#shared/kube/status.ts';
import { StatusObjects } from '#shared/kube/status-object.ts';
import type { Watcher } from '#shared/kube/watcher.ts';
import { WriteQueue } from '#shared/kube/write-queue.ts';
import type { Cancel } from '#shared/runtime/clock.ts';
import { Announcements, type Announced } from './service/announcements.ts';
import { ConfigurationReport } from './report/configuration-report.ts';
import { PlanMetrics, type ControllerMetrics } from './report/metrics.ts';
import type { Ledger } from './ledger.ts';
import type { Plan } from './plan.ts';
import { PoolWriter } from './report/pool-writer.ts';
import { Problems } from './report/problems.ts';
import { cleanUp } from './service/clean-up.ts';
import { isMarked } from './service/status.ts';
import { ServiceWrites } from './service/writes.ts';
import { Term } from './term.ts';
import type { Watchers } from './watchers.ts';
import { Writer, type Shown } from './writer.ts';

export interface LeaderOptions {
  /** Ingot's own. */
  readonly namespace: string;
  readonly podName: string;
  /** The fence of the Lease, asked before each write. */
  mayWrite(): boolean;
}

export interface LeaderDependencies extends KubeDependencies {
  readonly watchers: Watchers;
  readonly ledger: Ledger;
  readonly controllerMetrics: ControllerMetrics;
}

export interface LeaderListener {
  /** There is something to write. */
  pending(): void;
  /** What was assumed of a Service was wrong: plan anew. */
  disproved(): void;
}

export class Leader {
  /** Under way, and until then assumed. */
  readonly writes: ServiceWrites;
  readonly #dependencies: LeaderDependencies;
  readonly #listener: LeaderListener;
  readonly #queue: WriteQueue;
  readonly #events: EventRecorder;
  readonly #announcements: Announcements;
  readonly #writer: Writer;
  readonly #pools: PoolWriter;
  readonly #problems: Problems;
  readonly #problemEvents: ProblemEvents;
  readonly #report: ConfigurationReport;
  readonly #planMetrics: PlanMetrics;
  #term: Term | undefined;
  #announcing: Cancel = () => {};

  constructor(options: LeaderOptions, dependencies: LeaderDependencies, listener: LeaderListener) {
    const { clock, log, random, watchers, ledger, controllerMetrics: metrics } = dependencies;
    this.#dependencies = dependencies;
    this.#listener = listener;
    this.#queue = new WriteQueue({ daemon: 'controller', mayWrite: () => options.mayWrite() }, dependencies);
    const queue = this.#queue;
    this.#events = new EventRecorder(
      { controller: 'metallb-controller', instance: options.podName },
      { queue, clock, random, log },
    );
    this.#problems = new Problems(watchers);
    this.writes = new ServiceWrites(queue, (key) => watchers.services.resourceVersion(key), {
      changed: (key) => this.#touched(key),
      disproved: () => listener.disproved(),
      refused: (service, error) => this.#refused(service, error),
    });
    this.#announcements = new Announcements(clock);
    const shown = (key: ObjectKey): Shown | undefined => shownBy(watchers, key);
    const { writes } = this;
    const [announcements, events] = [this.#announcements, this.#events];
    this.#writer = new Writer({ writes, shown, announcements, ledger, events, clock, log, metrics });
    this.#pools = new PoolWriter(queue, clock, () => listener.pending());
    this.#problemEvents = new ProblemEvents(this.#events);
    const objects = new StatusObjects({ queue, clock, log });
    this.#report = new ConfigurationReport(options.namespace, { objects, clock });
    this.#planMetrics = new PlanMetrics(metrics);
  }

  /** All Services have been listed since the term began. */
  get mayBegin(): boolean {
    return this.#term?.servicesListed ?? false;
  }

  begin(): void {
    this.#term = new Term(this.#dependencies, {
      learned: () => this.#listener.pending(),
      leftover: (service) => cleanUp(this.#queue, service),
      configurationState: (object) => this.#report.found(object),
    });
    this.#term.begin(this.#report.target);
    // What the watch shows may lag behind what the last leader wrote.
    this.#dependencies.watchers.services.relist();
  }

  end(): void {
    this.#term?.end();
    this.#term = undefined;
    this.writes.reset();
    this.#writer.reset();
    this.#queue.clear();
    this.#pools.reset();
    this.#problemEvents.reset();
    this.#planMetrics.hide();
    this.#announcing();
  }

  servicesListed(): void {
    if (this.#term !== undefined) this.#term.servicesListed = true;
  }

  /** False when the version that is shown is our own write, or about to be explained by one. */
  serviceShown(key: ObjectKey, resourceVersion: string): boolean {
    const isNews = this.writes.shown(key, resourceVersion);
    this.#touched(key);
    // What waited to be sent was made for another version.
    if (isNews) this.#listener.pending();
    return isNews;
  }

  /** It is no longer ours: what Ingot wrote on it goes too. */
  serviceLeft(service: ServiceView): void {
    this.#announcements.forget(service.key);
    const isUnderWay = this.writes.gone(service.key);
    if (this.#term !== undefined && (isUnderWay || isMarked(service))) cleanUp(this.#queue, service);
  }

  poolShown(key: ObjectKey): void {
    this.#pools.shown(key);
  }

  write(plan: Plan, configuration: Configuration): void {
    if (!this.mayBegin) return;
    this.#planMetrics.show(plan);
    this.#writer.write(plan, announcedBy(this.#dependencies.watchers), configuration);
    if (this.#writer.mayGoOn) this.#listener.pending();
    this.#writeAnnouncementsLater();
    this.#reportOn(plan, configuration);
  }

  stop(done: () => void): void {
    this.#term?.end();
    this.#pools.reset();
    this.#announcing();
    this.#events.stop();
    this.#queue.stop(done);
  }

  /** Sets the gauges that are computed when they are scraped. */
  refresh(): void {
    this.#queue.refresh();
  }

  #touched(key: ObjectKey): void {
    if (this.#term === undefined) return;
    this.#writer.touch(key);
    if (this.#writer.mayGoOn) this.#listener.pending();
  }

  #writeAnnouncementsLater(): void {
    this.#announcing();
    const delayMs = this.#announcements.nextMs();
    if (delayMs === undefined) return;
    this.#announcing = this.#dependencies.clock.after(delayMs, () => this.#listener.pending());
  }

  /** Only once everything is known that could be wrong: a problem that comes and goes at each start helps nobody. */
  #reportOn({ usage }: Plan, configuration: Configuration): void {
    const { watchers, controllerMetrics: metrics } = this.#dependencies;
    const serviceCIDRs = this.#term?.serviceCIDRs;
    if (serviceCIDRs === undefined || !isRead(watchers.nodes)) return;
    const problems = this.#problems.all(configuration, serviceCIDRs);
    metrics.configLoaded.set({}, 1);
    metrics.configStale.set({}, hasErrors(configuration.problems) ? 1 : 0);
    this.#pools.write(watchers.pools.objects, usage, problems);
    this.#problemEvents.record(problems);
    if (this.#term?.configurationStateRead) this.#report.write(problems);
  }

  #refused(service: ServiceView, error: KubeError | undefined): void {
    const { controllerMetrics, log } = this.#dependencies;
    const isNew = this.#problems.refused(service, error);
    if (!isNew) return;
    if (error !== undefined) {
      controllerMetrics.updateErrors.add({});
      log.warn({ service: service.key, error: describeError(error) }, 'the apiserver refuses a write');
    }
    this.#listener.pending();
  }
}

function shownBy({ services }: Watchers, key: ObjectKey): Shown | undefined {
  const service = services.objects.get(key);
  const resourceVersion = services.resourceVersion(key);
  return service === undefined || resourceVersion === undefined ? undefined : { service, resourceVersion };
}

/** Undefined as long as it is not known who announces, or what is advertised. */
function announcedBy({
  l2Statuses,
  bgpStatuses,
  l2Advertisements,
  bgpAdvertisements,
  nodes,
}: Watchers): Announced | undefined {
  if (![l2Statuses, bgpStatuses, l2Advertisements, bgpAdvertisements].every(({ synced }) => synced)) return undefined;
  const announced = new Set<ObjectKey>();
  for (const { objects } of [l2Statuses, bgpStatuses]) {
    for (const { announces } of objects.values()) if (announces !== undefined) announced.add(announces);
  }
  // What is left is shared out evenly among the nodes, and nobody gets a part of one.
  const left = mostServiceBGPStatuses - bgpStatuses.objects.size;
  return { services: announced, isPartial: left < nodes.objects.size };
}

function isRead({ synced, blocked }: Watcher<unknown>): boolean {
  return synced || blocked !== undefined;
}
