// The speaker's cluster thread: from what the apiserver shows to what the wire thread is to know, and back to what people see. Everything it
// touches is injected, so it runs in the simulator as it is.
import type { KubeDependencies } from '#shared/kube/dependencies.ts';
import type { Explanation } from '#shared/kube/watcher.ts';
import { Coalescer } from '#shared/runtime/coalescer.ts';
import { Decision } from './decision.ts';
import { nodeId, type Sha256 } from './digest.ts';
import type { KubeProxyProbe } from './kube-proxy/health.ts';
import { KubeProxyWatch } from './kube-proxy/watch.ts';
import { ClusterMetrics } from './report/cluster-metrics.ts';
import { Reports, type ReportsOptions } from './report/reports.ts';
import { Routing, type RoutingDependencies, type RoutingOptions } from './routing.ts';
import type { Channel, FromWire, ToWire, WireObserved } from './seam.ts';
import type { SegmentKeys } from './segment/admission/keys.ts';
import type { LeavingMode } from './segment/message/leaving.ts';
import type { NodeId } from './segment/node-id.ts';
import { Shutdown } from './shutdown.ts';
import { Snapshot, type SnapshotOptions } from './cluster/snapshot.ts';
import type { EarlierState } from './state/earlier-state.ts';
import type { StateFile } from './state/state-file.ts';
import { StateKeeper } from './state/state-keeper.ts';
import { WireLink } from './wire-link.ts';

export interface SpeakerOptions extends SnapshotOptions, ReportsOptions, RoutingOptions {
  /** As read before the wire thread was started, which got the other half of it. */
  readonly earlier: EarlierState;
}

export interface SpeakerDependencies extends KubeDependencies, RoutingDependencies {
  readonly channel: Channel<ToWire, FromWire>;
  readonly sha256: Sha256;
  readonly kubeProxy: KubeProxyProbe;
  readonly stateFile: StateFile;
  /** On this interface the kernel of this node answers for every load-balancer address. */
  readonly kernelAnswersForAll: (interfaceName: string) => boolean;
  /** A newer process of this node has taken over: this one is to get out of its way, and ends when it is asked to. Once. */
  retired(): void;
}

/** What peers are told when their sessions end. */
const farewell = 'the speaker ends';

export class Speaker {
  readonly #options: SpeakerOptions;
  readonly #dependencies: SpeakerDependencies;
  readonly #snapshot: Snapshot;
  readonly #wire: WireLink;
  readonly #kubeProxy: KubeProxyWatch;
  readonly #decision: Decision;
  readonly #routing: Routing;
  readonly #reports: Reports;
  readonly #state: StateKeeper;
  readonly #shutdown: Shutdown;
  readonly #clusterMetrics: ClusterMetrics;
  readonly #deciding: Coalescer;
  readonly #reporting: Coalescer;
  #stopped: (mode: LeavingMode) => void = () => {};
  #leavingMode: LeavingMode = 'restart';
  #work: 'going' | 'ending' | 'ended' = 'going';
  #isRetired = false;

  constructor(options: SpeakerOptions, dependencies: SpeakerDependencies) {
    const { clock, metrics, sha256, kubeProxy, channel } = dependencies;
    const { nodeName, earlier } = options;
    this.#options = options;
    this.#dependencies = dependencies;
    this.#deciding = new Coalescer(clock, () => this.#decide());
    this.#reporting = new Coalescer(clock, () => this.#report());
    const decide = (): void => this.#deciding.trigger();
    const withNodeId = { ...dependencies, nodeId: remembered((name) => nodeId(name, sha256)) };
    this.#snapshot = new Snapshot(options, earlier.cluster, withNodeId, () => this.#clusterChanged());
    this.#wire = new WireLink(channel, dependencies, () => this.#observed());
    this.#kubeProxy = new KubeProxyWatch({ clock, probe: kubeProxy }, decide);
    this.#decision = new Decision({ nodeName, drainSignals: options.drainSignals }, decide);
    const report = (): void => this.#reporting.trigger();
    const wants = (): void => this.#wire.route(this.#routing.wanted);
    this.#routing = new Routing(options, dependencies, { due: decide, wants, changed: report });
    this.#reports = new Reports(options, { ...dependencies, snapshot: this.#snapshot }, report);
    this.#state = new StateKeeper({ node: nodeName, earlier }, dependencies, () => this.#snapshot.saved);
    this.#shutdown = new Shutdown(clock, options.graceSeconds * 1000, (mode) => this.#end(mode));
    this.#clusterMetrics = new ClusterMetrics(metrics);
  }

  start(): void {
    this.#snapshot.start();
    this.#reports.start();
    this.#kubeProxy.start();
    this.#state.start();
  }

  /** Undefined: there are none, and no LAN is joined. */
  useSegmentKeys(keys: SegmentKeys | undefined): void {
    this.#decision.useKeys(keys);
  }

  /** Interfaces whose name matches one of these regular expressions carry no announcements. */
  excludeInterfaces(patterns: readonly string[]): void {
    this.#decision.excludeInterfaces(patterns);
  }

  /**
   * Asked to end: goes on until another process or other nodes have taken over, but not for long; then writes what is still to be written, and
   * says how the wire thread is to say goodbye.
   */
  stop(stopped: (mode: LeavingMode) => void): void {
    this.#stopped = stopped;
    if (this.#isRetired) return this.#end('restart');
    this.#leaveRoutes(this.#mayComeBack);
    this.#askToEnd();
    this.#deciding.trigger();
  }

  /** Asked to end a second time: sessions end with their last words, and nothing else is waited for. */
  hurry(): void {
    this.#end(this.#isDraining ? 'drain' : 'restart');
    this.#routing.stop(farewell);
    this.#stopped(this.#leavingMode);
  }

  /** What is missing before this speaker does its work; empty when it does. */
  notReady(): readonly string[] {
    if (this.#isRetired) return ['a newer speaker of this node has taken over'];
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
    return [...this.#snapshot.explain(), ...this.#reports.explain()];
  }

  /** Sets the metrics that are made when they are scraped. */
  refresh(): void {
    this.#snapshot.refresh();
    this.#reports.refresh(this.#routing.view);
    this.#clusterMetrics.kubeProxy(this.#kubeProxy);
  }

  #clusterChanged(): void {
    this.#deciding.trigger();
    this.#state.clusterChanged();
  }

  #decide(): void {
    const { clock } = this.#dependencies;
    const { observation } = this.#wire;
    this.#reporting.trigger();
    if (observation === undefined) return;
    const startMs = clock.nowMs();
    if (this.#shutdown.isAsked) this.#askToEnd();
    this.#decideOwners(observation);
    this.#decideRoutes();
    const { configuration, sizes } = this.#snapshot;
    if (configuration !== undefined)
      this.#clusterMetrics.decided(clock.nowMs() - startMs, sizes, configuration.problems);
  }

  /** Without all it takes nothing is decided anew: what was said last stays in force. */
  #decideOwners(observation: WireObserved): void {
    const { inputs, ownNode, isStale } = this.#snapshot;
    if (inputs === undefined) return;
    const self = { node: ownNode, gate: this.#kubeProxy.gate, isStale, isLeaving: this.#shutdown.isAsked };
    const { surroundings, desired } = this.#decision.decide(inputs, observation, self);
    this.#wire.surround(surroundings);
    this.#wire.want(desired.addresses);
  }

  /** Sessions do not wait for routes, nor routes for those who own addresses on LANs. */
  #decideRoutes(): void {
    const { routingInputs } = this.#snapshot;
    if (routingInputs === undefined) return;
    this.#routing.decide(routingInputs, { gate: this.#kubeProxy.gate, isDraining: this.#isDraining });
    this.#wire.route(this.#routing.wanted);
  }

  #observed(): void {
    const { observation } = this.#wire;
    if (observation === undefined || this.#work !== 'going' || this.#isRetired) return;
    if (observation.retired && !this.#shutdown.isAsked) return this.#retire();
    this.#shutdown.saw(observation);
    if (observation.retired) return;
    this.#routing.observe(observation);
    this.#state.observed(observation);
    if (this.#decision.isAnotherMachine(observation)) this.#deciding.trigger();
    this.#reporting.trigger();
  }

  #report(): void {
    const { observation } = this.#wire;
    const { configuration, ownNode } = this.#snapshot;
    if (observation === undefined || configuration === undefined || ownNode === undefined) return;
    const desired = this.#wire.upToDate ? this.#decision.desired : undefined;
    const [{ hasKeys }, { view: bgp }] = [this.#decision, this.#routing];
    this.#reports.update({ observation, configuration, ownNode, desired, hasKeys, bgp });
  }

  get #isDraining(): boolean {
    return this.#decision.isDraining(this.#snapshot.ownNode, this.#kubeProxy.gate);
  }

  /** Nothing says that this node will not have a speaker soon. */
  get #mayComeBack(): boolean {
    const { ownNode } = this.#snapshot;
    return ownNode?.ready === true && !ownNode.unschedulable && !this.#isDraining;
  }

  #askToEnd(): void {
    const mode = this.#isDraining ? 'drain' : 'restart';
    if (this.#wire.observation?.segments.length === 0) this.#shutdown.askWithoutLan(mode);
    else this.#shutdown.ask(mode);
  }

  #leaveRoutes(keepsRoutes: boolean): void {
    this.#routing.leave({ keepsRoutes, text: farewell }, () => this.#endIfDone());
  }

  #retire(): void {
    this.#isRetired = true;
    this.#dependencies.log.info(
      {},
      'a newer speaker of this node has taken over: this one is silent until it is stopped',
    );
    this.#reports.retire();
    this.#dependencies.retired();
    this.#leaveRoutes(true);
    this.#end('restart');
  }

  /** Nothing is decided or told any more; the wire thread goes on until it is told to stop. */
  #end(mode: LeavingMode): void {
    if (this.#work !== 'going') return this.#endIfDone();
    this.#work = 'ending';
    this.#leavingMode = mode;
    this.#deciding.stop();
    this.#reporting.stop();
    this.#snapshot.stop();
    this.#kubeProxy.stop();
    this.#state.stop();
    this.#reports.stop(() => {
      this.#work = 'ended';
      this.#endIfDone();
    });
  }

  #endIfDone(): void {
    if (this.#work === 'ended' && this.#routing.hasLeft) this.#stopped(this.#leavingMode);
  }
}

function remembered(idOf: (name: string) => NodeId): (name: string) => NodeId {
  const ids = new Map<string, NodeId>();
  return (name) => {
    let id = ids.get(name);
    if (id === undefined) ids.set(name, (id = idOf(name)));
    return id;
  };
}
