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
import type { Channel, FromWire, ToWire } from './seam.ts';
import type { SegmentKeys } from './segment/admission/keys.ts';
import type { LeavingMode } from './segment/message/leaving.ts';
import type { NodeId } from './segment/node-id.ts';
import { Shutdown } from './shutdown.ts';
import { Snapshot, type SnapshotOptions } from './cluster/snapshot.ts';
import type { EarlierState } from './state/earlier-state.ts';
import type { StateFile } from './state/state-file.ts';
import { StateKeeper } from './state/state-keeper.ts';
import { WireLink } from './wire-link.ts';

export interface SpeakerOptions extends SnapshotOptions, ReportsOptions {
  /** As read before the wire thread was started, which got the other half of it. */
  readonly earlier: EarlierState;
}

export interface SpeakerDependencies extends KubeDependencies {
  readonly channel: Channel<ToWire, FromWire>;
  readonly sha256: Sha256;
  readonly kubeProxy: KubeProxyProbe;
  readonly stateFile: StateFile;
  /** On this interface the kernel of this node answers for every load-balancer address. */
  readonly kernelAnswersForAll: (interfaceName: string) => boolean;
  /** A newer process of this node has taken over: this one is to get out of its way, and ends when it is asked to. Once. */
  retired(): void;
}

export class Speaker {
  readonly #options: SpeakerOptions;
  readonly #dependencies: SpeakerDependencies;
  readonly #snapshot: Snapshot;
  readonly #wire: WireLink;
  readonly #kubeProxy: KubeProxyWatch;
  readonly #decision: Decision;
  readonly #reports: Reports;
  readonly #state: StateKeeper;
  readonly #shutdown: Shutdown;
  readonly #clusterMetrics: ClusterMetrics;
  readonly #deciding: Coalescer;
  readonly #reporting: Coalescer;
  #stopped: (mode: LeavingMode) => void = () => {};
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
    this.#reports = new Reports(options, { ...dependencies, snapshot: this.#snapshot }, () =>
      this.#reporting.trigger(),
    );
    this.#state = new StateKeeper({ node: nodeName, earlier }, dependencies, () => this.#snapshot.saved);
    this.#shutdown = new Shutdown(clock, (mode) => this.#end(mode));
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
    this.#askToEnd();
    this.#deciding.trigger();
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
    this.#reports.refresh();
    this.#clusterMetrics.kubeProxy(this.#kubeProxy);
  }

  #clusterChanged(): void {
    this.#deciding.trigger();
    this.#state.clusterChanged();
  }

  #observed(): void {
    const { observation } = this.#wire;
    if (observation === undefined || this.#work !== 'going' || this.#isRetired) return;
    if (observation.retired && !this.#shutdown.isAsked) return this.#retire();
    this.#shutdown.saw(observation);
    if (observation.retired) return;
    this.#state.observed(observation);
    if (this.#decision.isAnotherMachine(observation)) this.#deciding.trigger();
    this.#reporting.trigger();
  }

  /** Without all it takes nothing is decided anew: what was said last stays in force. */
  #decide(): void {
    const { clock } = this.#dependencies;
    const { observation } = this.#wire;
    const { inputs, configuration, sizes, ownNode, isStale } = this.#snapshot;
    this.#reporting.trigger();
    if (inputs === undefined || configuration === undefined || observation === undefined) return;
    const startMs = clock.nowMs();
    if (this.#shutdown.isAsked) this.#askToEnd();
    const self = { node: ownNode, gate: this.#kubeProxy.gate, isStale, isLeaving: this.#shutdown.isAsked };
    const { surroundings, desired } = this.#decision.decide(inputs, observation, self);
    this.#wire.surround(surroundings);
    this.#wire.want(desired.addresses);
    this.#clusterMetrics.decided(clock.nowMs() - startMs, sizes, configuration.problems);
  }

  #report(): void {
    const { observation } = this.#wire;
    const { configuration, ownNode } = this.#snapshot;
    if (observation === undefined || configuration === undefined || ownNode === undefined) return;
    const desired = this.#wire.upToDate ? this.#decision.desired : undefined;
    this.#reports.update({ observation, configuration, ownNode, desired, hasKeys: this.#decision.hasKeys });
  }

  #askToEnd(): void {
    const isDraining = this.#decision.isDraining(this.#snapshot.ownNode, this.#kubeProxy.gate);
    this.#shutdown.ask(isDraining ? 'drain' : 'restart');
  }

  #retire(): void {
    this.#isRetired = true;
    this.#dependencies.log.info(
      {},
      'a newer speaker of this node has taken over: this one is silent until it is stopped',
    );
    this.#reports.retire();
    this.#dependencies.retired();
    this.#end('restart');
  }

  /** Nothing is decided or told any more; the wire thread goes on until it is told to stop. */
  #end(mode: LeavingMode): void {
    if (this.#work === 'ended') return this.#stopped(mode);
    if (this.#work === 'ending') return;
    this.#work = 'ending';
    this.#deciding.stop();
    this.#reporting.stop();
    this.#snapshot.stop();
    this.#kubeProxy.stop();
    this.#state.stop();
    this.#reports.stop(() => {
      this.#work = 'ended';
      this.#stopped(mode);
    });
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
