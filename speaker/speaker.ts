// The speaker's cluster thread: from what the apiserver shows to what the wire thread is to do, and back to what people see. Everything it
// touches is injected, so it runs in the simulator as it is.
import type { KubeDependencies } from '#shared/kube/dependencies.ts';
import type { Explanation } from '#shared/kube/watcher.ts';
import { EventRecorder } from '#shared/kube/event-recorder.ts';
import { StatusObjects } from '#shared/kube/status-object.ts';
import { WriteQueue } from '#shared/kube/write-queue.ts';
import { Coalescer } from '#shared/runtime/coalescer.ts';
import { deepEqual } from '#shared/runtime/equal.ts';
import { AnnouncementEvents } from './report/announcement-events.ts';
import { AnnouncementMetrics } from './report/announcement-metrics.ts';
import { ClusterMetrics } from './report/cluster-metrics.ts';
import { desired, type Desired } from './desired/desired.ts';
import { nodeId, type Sha256 } from './digest.ts';
import type { Channel, FromWire, ToWire, WireObserved } from './seam.ts';
import { ServiceStatuses } from './report/service-statuses.ts';
import { shownServices, unansweredAddresses } from './report/shown-services.ts';
import { Snapshot, type SnapshotOptions } from './snapshot.ts';
import { segmentsReady, SpeakerState, statusContended } from './report/speaker-state.ts';
import { WireLink } from './wire-link.ts';

export interface SpeakerOptions extends SnapshotOptions {
  readonly podName: string;
}

export interface SpeakerDependencies extends KubeDependencies {
  readonly channel: Channel<ToWire, FromWire>;
  readonly sha256: Sha256;
}

export class Speaker {
  readonly #options: SpeakerOptions;
  readonly #dependencies: SpeakerDependencies;
  readonly #snapshot: Snapshot;
  readonly #wire: WireLink;
  readonly #queue: WriteQueue;
  readonly #recorder: EventRecorder;
  readonly #statuses: ServiceStatuses;
  readonly #state: SpeakerState;
  readonly #events: AnnouncementEvents;
  readonly #announcementMetrics: AnnouncementMetrics;
  readonly #clusterMetrics: ClusterMetrics;
  readonly #deciding: Coalescer;
  readonly #reporting: Coalescer;
  /** What this machine has, as it was when it was last decided. */
  #machine: Machine | undefined;
  #excludedInterfaces: readonly string[] = [];
  #desired: Desired | undefined;
  #adopted = false;

  constructor(options: SpeakerOptions, dependencies: SpeakerDependencies) {
    const { clock, metrics, log, random, channel, sha256 } = dependencies;
    const { nodeName: node } = options;
    this.#options = options;
    this.#dependencies = dependencies;
    this.#deciding = new Coalescer(clock, () => this.#decide());
    this.#reporting = new Coalescer(clock, () => this.#report());
    const report = (): void => this.#reporting.trigger();
    this.#snapshot = new Snapshot(options, { ...dependencies, nodeId: (name) => nodeId(name, sha256) }, () =>
      this.#deciding.trigger(),
    );
    this.#wire = new WireLink(channel, dependencies, () => this.#observed());
    this.#queue = new WriteQueue({ daemon: 'speaker', mayWrite: () => true }, dependencies);
    const objects = new StatusObjects({ queue: this.#queue, clock, log });
    this.#recorder = new EventRecorder(
      { controller: 'metallb-speaker', instance: options.podName },
      { clock, random, log, queue: this.#queue },
    );
    this.#statuses = new ServiceStatuses(options, { ...dependencies, objects, snapshot: this.#snapshot }, report);
    this.#state = new SpeakerState(options, { ...dependencies, objects }, report);
    this.#events = new AnnouncementEvents({ node }, { recorder: this.#recorder, log });
    this.#announcementMetrics = new AnnouncementMetrics({ node }, metrics);
    this.#clusterMetrics = new ClusterMetrics(metrics);
  }

  start(): void {
    this.#snapshot.start();
    this.#statuses.start();
    this.#state.start();
  }

  /** Interfaces whose name matches one of these regular expressions carry no announcements. */
  excludeInterfaces(patterns: readonly string[]): void {
    this.#excludedInterfaces = patterns;
    this.#deciding.trigger();
  }

  /** Writes what is still to be written, for a moment; the wire thread goes on meanwhile. */
  stop(done: () => void): void {
    this.#deciding.stop();
    this.#reporting.stop();
    this.#snapshot.stop();
    this.#statuses.stop();
    this.#state.stop();
    this.#recorder.stop();
    this.#queue.stop(done);
  }

  /** What is missing before this speaker does its work; empty when it does. */
  notReady(): readonly string[] {
    const node = this.#options.nodeName;
    return [
      ...this.#snapshot.notReady(),
      ...(this.#snapshot.ownNode === undefined
        ? [`Node "${node}" is not known: is it the name of this machine's Node?`]
        : []),
      ...(this.#wire.observation === undefined ? ['the interfaces of this machine are not known yet'] : []),
    ];
  }

  /** What it holds of each kind that it watches. */
  explain(): readonly Explanation[] {
    return [...this.#snapshot.explain(), this.#statuses.explain()];
  }

  /** Sets the gauges that are computed when they are scraped. */
  refresh(): void {
    this.#snapshot.refresh();
    this.#statuses.refresh();
    this.#queue.refresh();
  }

  #observed(): void {
    const { observation } = this.#wire;
    if (observation !== undefined && !deepEqual(machineOf(observation), this.#machine)) this.#deciding.trigger();
    this.#reporting.trigger();
  }

  /** Without all it takes nothing is decided anew: what was said last stays in force. */
  #decide(): void {
    const { clock } = this.#dependencies;
    const { observation } = this.#wire;
    const { inputs, configuration, sizes } = this.#snapshot;
    if (inputs === undefined || configuration === undefined || observation === undefined) {
      this.#reporting.trigger();
      return;
    }
    const startMs = clock.nowMs();
    this.#machine = machineOf(observation);
    this.#desired = desired(inputs, {
      name: this.#options.nodeName,
      hostAddresses: new Set(this.#machine.hostAddresses),
      gateways: new Set(this.#machine.gateways),
    });
    this.#wire.say(this.#desired.addresses, this.#excludedInterfaces);
    this.#clusterMetrics.decided(clock.nowMs() - startMs, sizes, configuration.problems);
    this.#reporting.trigger();
  }

  #report(): void {
    const { observation } = this.#wire;
    const { configuration, ownNode } = this.#snapshot;
    if (observation === undefined || configuration === undefined || ownNode === undefined) return;
    const conditions = [segmentsReady(observation), ...statusContended(this.#statuses.contended)];
    this.#state.update(configuration.problems, conditions, ownNode);
    // What the wire thread has not taken up yet is told when it has.
    if (this.#desired === undefined || !this.#wire.upToDate) return;
    const shown = shownServices(this.#desired, observation);
    this.#announcementMetrics.update(shown, observation);
    if (!this.#statuses.synced) return;
    if (!this.#adopted) this.#adopt(this.#desired);
    this.#statuses.update(shown, ownNode);
    const unanswered = unansweredAddresses(this.#desired, observation, this.#options.nodeName);
    this.#events.update(this.#desired, shown, unanswered);
  }

  #adopt({ services, failures }: Desired): void {
    this.#adopted = true;
    const concerned = [...services, ...failures].map(({ service }) => service);
    this.#events.adopt(concerned.filter((service) => this.#statuses.has(service)));
  }
}

type Machine = Pick<WireObserved, 'hostAddresses' | 'gateways'>;

function machineOf({ hostAddresses, gateways }: WireObserved): Machine {
  return { hostAddresses, gateways };
}
