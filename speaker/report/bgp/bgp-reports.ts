// What the speaker tells people of BGP: ServiceBGPStatus objects, problems and conditions for its ConfigurationState, Events, metrics.
import type { DesiredCondition } from '#shared/config/condition.ts';
import type { Configuration } from '#shared/config/configuration.ts';
import type { Problem } from '#shared/config/problem.ts';
import type { EventRecorder } from '#shared/kube/event-recorder.ts';
import { ProblemEvents } from '#shared/kube/problem-events.ts';
import type { Explanation } from '#shared/kube/watcher.ts';
import type { BgpView } from '../../bgp-view.ts';
import type { SpeakerNode } from '../../desired/inputs.ts';
import type { NodeId } from '../../segment/node-id.ts';
import { AnnouncementEvents } from '../announcement-events.ts';
import { ServiceStatuses, type ServiceStatusDependencies, type ServiceStatusOptions } from '../service-statuses.ts';
import { GaugeSeries } from '../series.ts';
import { BfdMetrics } from './bfd-metrics.ts';
import { LastingGates } from './lasting-gates.ts';
import { routeAnnouncements, routesWithheld } from './route-announcements.ts';
import { serviceBGPStatusKind } from './service-bgp-statuses.ts';
import { notListening, peersEstablished } from './session-conditions.ts';
import { SessionEvents } from './session-events.ts';
import { SessionMetrics } from './session-metrics.ts';
import { sessionProblems } from './session-problems.ts';
import { Settling } from './settling.ts';
import { StatusAllowance } from './status-allowance.ts';
import { RoutesShown, type ShownRoutes } from './shown-routes.ts';

export interface BgpReportsDependencies extends ServiceStatusDependencies {
  readonly recorder: EventRecorder;
}

/** What there is to tell of. */
export interface BgpFindings {
  readonly bgp: BgpView;
  readonly configuration: Configuration;
  readonly ownNode: SpeakerNode;
}

export class BgpReports {
  readonly #options: ServiceStatusOptions;
  readonly #statuses: ServiceStatuses<ShownRoutes>;
  readonly #allowance: StatusAllowance;
  readonly #settling: Settling;
  readonly #shown = new RoutesShown();
  readonly #announcements: AnnouncementEvents;
  readonly #gates: LastingGates;
  readonly #sessions: SessionEvents;
  readonly #problems: ProblemEvents;
  readonly #sessionMetrics: SessionMetrics;
  readonly #bfdMetrics: BfdMetrics;
  readonly #announced: GaugeSeries;
  /** Undefined: no object is withheld. */
  #withheld:
    | { readonly shown: readonly ShownRoutes[]; readonly most: number; readonly written: readonly ShownRoutes[] }
    | undefined;
  #conditions: readonly DesiredCondition[] = [];
  #told: { readonly shown: readonly ShownRoutes[]; readonly gated: BgpView['gated'] | undefined } | undefined;

  /** `changed`: `update` has something to do. */
  constructor(options: ServiceStatusOptions, self: NodeId, dependencies: BgpReportsDependencies, changed: () => void) {
    const { nodeName: node } = options;
    const { recorder, clock, log, metrics } = dependencies;
    this.#options = options;
    this.#settling = new Settling(clock, changed);
    const statuses = new ServiceStatuses(serviceBGPStatusKind(self), options, dependencies, changed);
    this.#statuses = statuses;
    this.#allowance = new StatusAllowance(
      options.namespace,
      { api: dependencies.api, clock, existing: () => statuses.count },
      changed,
    );
    this.#announcements = new AnnouncementEvents(
      { node, protocol: 'bgp' },
      { recorder, log, wasTold: (service) => statuses.has(service) },
    );
    this.#gates = new LastingGates(clock, () => {
      if (this.#told !== undefined) this.#told = { ...this.#told, gated: undefined };
      changed();
    });
    this.#sessions = new SessionEvents({ node }, recorder);
    this.#problems = new ProblemEvents(recorder);
    this.#sessionMetrics = new SessionMetrics(metrics);
    this.#bfdMetrics = new BfdMetrics(metrics);
    const labels = ['service', 'protocol', 'node', 'ip'];
    this.#announced = new GaugeSeries(
      metrics.gauge('metallb_speaker_announced', 'Services announced from this node', labels),
    );
  }

  start(): void {
    this.#statuses.start();
  }

  stop(): void {
    this.#statuses.stop();
    this.#allowance.stop();
    this.#gates.stop();
    this.#settling.stop();
  }

  explain(): Explanation {
    return this.#statuses.explain();
  }

  /** Names of objects that somebody keeps replacing. */
  get contended(): readonly string[] {
    return this.#statuses.contended;
  }

  problems({ bgp, configuration }: BgpFindings): readonly Problem[] {
    return [...bgp.problems, ...sessionProblems(bgp, configuration.bgpPeers)];
  }

  /** While it ends, those of before: the next process is to find all as it is. */
  conditions({ bgp }: Pick<BgpFindings, 'bgp'>): readonly DesiredCondition[] {
    if (bgp.phase === 'leaving') return this.#conditions;
    this.#conditions = [
      ...peersEstablished(bgp),
      ...notListening(bgp),
      ...routesWithheld(bgp),
      ...this.#allowance.conditions,
    ];
    return this.#conditions;
  }

  update({ bgp, configuration, ownNode }: BgpFindings): void {
    if (bgp.phase === 'leaving') return;
    this.#sessions.update(bgp, configuration.bgpPeers);
    this.#problems.record(bgp.problems);
    if (!this.#statuses.synced || !this.#settling.isOver(bgp)) return;
    const shown = this.#shown.of(bgp, configuration.bgpAdvertisements);
    this.#tell(bgp, shown);
    this.#statuses.update(this.#written(shown), ownNode);
  }

  /** Sets the metrics that are made when they are scraped. `view`: at this moment. */
  refresh(view: BgpView): void {
    this.#statuses.refresh();
    this.#sessionMetrics.update(view);
    this.#bfdMetrics.update(view);
    const { shown = [] } = this.#told ?? {};
    const labels = { protocol: 'bgp', node: this.#options.nodeName };
    this.#announced.replace(
      shown.flatMap(({ service: { key }, ips }) =>
        ips.map((ip) => ({ labels: { service: key, ...labels, ip }, value: 1 })),
      ),
    );
  }

  /** Those that have an object or may have one; the same array while they are the same. */
  #written(shown: readonly ShownRoutes[]): readonly ShownRoutes[] {
    const most = this.#allowance.of(shown.length);
    if (most >= shown.length) {
      this.#withheld = undefined;
      return shown;
    }
    if (this.#withheld?.shown === shown && this.#withheld.most === most) return this.#withheld.written;
    const existing = shown.filter(({ service }) => this.#statuses.has(service));
    const others = shown.filter(({ service }) => !this.#statuses.has(service));
    const written = [...existing, ...others.slice(0, Math.max(0, most - existing.length))];
    this.#withheld = { shown, most, written };
    return written;
  }

  #tell(view: BgpView, shown: readonly ShownRoutes[]): void {
    if (this.#told?.shown === shown && this.#told.gated === view.gated) return;
    this.#told = { shown, gated: view.gated };
    const lasting = this.#gates.of(view.gated);
    this.#announcements.update(routeAnnouncements(view, shown, lasting, this.#options.nodeName));
  }
}
