// Everything that the speaker tells people: status objects, its ConfigurationState, Events, metrics. Told is what the wire thread says it owns,
// read with what was decided.
import type { DesiredCondition } from '#shared/config/condition.ts';
import type { Problem } from '#shared/config/problem.ts';
import { EventRecorder } from '#shared/kube/event-recorder.ts';
import type { KubeDependencies } from '#shared/kube/dependencies.ts';
import { StatusObjects } from '#shared/kube/status-object.ts';
import type { Explanation } from '#shared/kube/watcher.ts';
import { WriteQueue } from '#shared/kube/write-queue.ts';
import { deepEqual } from '#shared/runtime/equal.ts';
import type { BgpView } from '../bgp-view.ts';
import type { Desired } from '../desired/desired.ts';
import { nodeId, type Sha256 } from '../digest.ts';
import type { WireObserved } from '../seam.ts';
import type { NodeId } from '../segment/node-id.ts';
import type { Snapshot } from '../cluster/snapshot.ts';
import { addressProblems, type AddressProblem } from './address-problems.ts';
import { AnnouncementEvents } from './announcement-events.ts';
import { AnnouncementMetrics } from './announcement-metrics.ts';
import { BgpReports, type BgpFindings } from './bgp/bgp-reports.ts';
import { layer2Announcements } from './layer2-announcements.ts';
import { Reunions } from './reunions.ts';
import {
  lanConditions,
  segmentKeyMissing,
  segmentsReady,
  statusContended,
  strictArpNeeded,
} from './segment-conditions.ts';
import { serviceL2StatusKind } from './service-l2-statuses.ts';
import { ServiceStatuses } from './service-statuses.ts';
import { ShownServices, type Shown, type ShownService } from './shown-services.ts';
import { SpeakerState } from './speaker-state.ts';

export interface ReportsOptions {
  readonly namespace: string;
  readonly nodeName: string;
  readonly podName: string;
  readonly segmentKeyDirectory: string;
}

export interface ReportsDependencies extends KubeDependencies {
  readonly sha256: Sha256;
  readonly snapshot: Pick<Snapshot, 'service'>;
  /** On this interface the kernel of this node answers for every load-balancer address. */
  readonly kernelAnswersForAll: (interfaceName: string) => boolean;
}

/** What there is to tell of. */
export interface Findings extends BgpFindings {
  readonly observation: WireObserved;
  /** Undefined while the wire thread has not taken up what was decided last: what it says is told when it has. */
  readonly desired: Desired | undefined;
  readonly hasKeys: boolean;
}

export class Reports {
  readonly #options: ReportsOptions;
  readonly #kernelAnswersForAll: (interfaceName: string) => boolean;
  readonly #self: { readonly id: NodeId; readonly name: string };
  readonly #queue: WriteQueue;
  readonly #recorder: EventRecorder;
  readonly #shown: ShownServices;
  readonly #statuses: ServiceStatuses<ShownService>;
  readonly #bgp: BgpReports;
  readonly #state: SpeakerState;
  readonly #events: AnnouncementEvents;
  readonly #metrics: AnnouncementMetrics;
  readonly #reunions: Reunions;
  #last: Findings | undefined;
  #told: { readonly desired: Desired; readonly shown: Shown; readonly problems: readonly AddressProblem[] } | undefined;
  #isRetired = false;

  /** `changed`: `update` has something to do. */
  constructor(options: ReportsOptions, dependencies: ReportsDependencies, changed: () => void) {
    const { clock, random, log, metrics, sha256 } = dependencies;
    const { nodeName: node, podName } = options;
    this.#options = options;
    this.#kernelAnswersForAll = dependencies.kernelAnswersForAll;
    this.#self = { id: nodeId(node, sha256), name: node };
    this.#queue = new WriteQueue({ daemon: 'speaker', mayWrite: () => !this.#isRetired }, dependencies);
    const objects = new StatusObjects({ queue: this.#queue, clock, log });
    this.#recorder = new EventRecorder(
      { controller: 'metallb-speaker', instance: podName },
      { clock, random, log, queue: this.#queue },
    );
    this.#shown = new ShownServices(this.#self.id);
    const statuses = new ServiceStatuses(serviceL2StatusKind, options, { ...dependencies, objects }, changed);
    this.#statuses = statuses;
    this.#state = new SpeakerState(options, { ...dependencies, objects }, changed);
    this.#bgp = new BgpReports(options, this.#self.id, { ...dependencies, objects, recorder: this.#recorder }, changed);
    this.#events = new AnnouncementEvents(
      { node, protocol: 'layer2' },
      { recorder: this.#recorder, log, wasTold: (service) => statuses.has(service) },
    );
    this.#metrics = new AnnouncementMetrics({ node }, metrics);
    this.#reunions = new Reunions(clock);
  }

  start(): void {
    this.#statuses.start();
    this.#bgp.start();
    this.#state.start();
  }

  /** Writes what is still to be written, for a moment. */
  stop(written: () => void): void {
    this.#statuses.stop();
    this.#bgp.stop();
    this.#state.stop();
    this.#recorder.stop();
    this.#queue.stop(written);
  }

  /** A newer process tells people from now on: nothing is written any more, not even what waits. */
  retire(): void {
    this.#isRetired = true;
  }

  explain(): readonly Explanation[] {
    return [this.#statuses.explain(), this.#bgp.explain()];
  }

  update(findings: Findings): void {
    const { observation, ownNode, desired } = findings;
    this.#countMembers(observation);
    this.#state.update(this.#problems(findings), this.#conditions(findings), ownNode);
    this.#bgp.update(findings);
    if (desired === undefined) return;
    this.#last = findings;
    if (!this.#statuses.synced) return;
    const shown = this.#shown.of(desired, observation);
    this.#tell(desired, shown, addressProblems(desired, observation, this.#self, this.#unstrict(observation)));
    this.#statuses.update(shown.services, ownNode);
  }

  /** Sets the metrics that are made when they are scraped. `bgp`: at this moment. */
  refresh(bgp: BgpView): void {
    this.#statuses.refresh();
    this.#queue.refresh();
    this.#bgp.refresh(bgp);
    const { desired, observation } = this.#last ?? {};
    if (desired === undefined || observation === undefined) return;
    this.#metrics.update(this.#shown.of(desired, observation).services, observation);
  }

  #tell(desired: Desired, shown: Shown, problems: readonly AddressProblem[]): void {
    const told = this.#told;
    if (told?.desired === desired && told.shown === shown && deepEqual(told.problems, problems)) return;
    this.#told = { desired, shown, problems };
    this.#events.update(layer2Announcements(desired, shown, problems));
  }

  #countMembers({ segments }: WireObserved): void {
    const up = segments.reduce((sum, { members }) => sum + (members.up ?? 0), 0);
    if (this.#reunions.hear(up) === 'met') this.#statuses.membersMet();
  }

  #unstrict({ segments }: WireObserved): readonly string[] {
    return segments.map(({ segment }) => segment).filter((name) => this.#kernelAnswersForAll(name));
  }

  /** Errors first. What this node alone can say of a fault stands for what the configuration shows of it. */
  #problems(findings: Findings): readonly Problem[] {
    const ofNode = this.#bgp.problems(findings);
    const known = new Set(ofNode.map(faultOf));
    const problems = [...findings.configuration.problems.filter((one) => !known.has(faultOf(one))), ...ofNode];
    return problems.toSorted((a, b) => Number(a.severity === 'warning') - Number(b.severity === 'warning'));
  }

  #conditions(findings: Findings): readonly DesiredCondition[] {
    const { observation, configuration, hasKeys } = findings;
    const announces = configuration.l2Advertisements.length > 0;
    return [
      segmentsReady(observation, announces),
      ...lanConditions(observation),
      ...strictArpNeeded(this.#unstrict(observation)),
      ...(hasKeys || !announces ? [] : [segmentKeyMissing(this.#options.segmentKeyDirectory)]),
      ...this.#bgp.conditions(findings),
      ...statusContended([...this.#statuses.contended, ...this.#bgp.contended]),
    ];
  }
}

function faultOf({ object, field, reason }: Problem): string {
  return `${object.uid} ${field} ${reason}`;
}
