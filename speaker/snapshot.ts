// What the speaker knows of the cluster: watchers over everything that decides who announces, folded into the inputs of that decision. Nodes
// and speaker Pods change all the time and are watched only while an L2Advertisement exists. While the apiserver is away all stays as it was.
import { ipAddressPools, ipAddressPoolSpec, type IPAddressPoolSpec } from '#shared/api/ip-address-pool.ts';
import { l2Advertisements, l2AdvertisementSpec, type L2AdvertisementSpec } from '#shared/api/l2-advertisement.ts';
import { parseConfiguration, type Configuration } from '#shared/config/configuration.ts';
import { parseConfigObject, type ConfigObject } from '#shared/config/object.ts';
import type { Selection } from '#shared/kube/kube-api.ts';
import { parseEndpointSlice, type EndpointSliceView } from '#shared/kube/objects/endpoint-slice.ts';
import { parseNode, type NodeView } from '#shared/kube/objects/node.ts';
import { parsePod, type PodView } from '#shared/kube/objects/pod.ts';
import { parseService, type ServiceView } from '#shared/kube/objects/service.ts';
import type { ObjectKey, Parsed } from '#shared/kube/objects/view.ts';
import { endpointSlices, nodes, pods, services } from '#shared/kube/resources.ts';
import { reconnectSpreadMs, Watcher, type Explanation } from '#shared/kube/watcher.ts';
import type { KubeDependencies } from '#shared/kube/dependencies.ts';
import type { Inputs } from './desired/inputs.ts';
import { sumEndpoints, type ServiceEndpoints } from './desired/service-endpoints.ts';
import { OwnNode } from './own-node.ts';

export interface SnapshotOptions {
  readonly namespace: string;
  readonly nodeName: string;
  /** Only Services of exactly this class; undefined: only Services without one. */
  readonly lbClass: string | undefined;
  readonly ignoreExcludeLb: boolean;
}

export interface SnapshotDependencies extends KubeDependencies {
  readonly nodeId: (name: string) => Uint8Array;
}

/** The cluster's nodes and where speakers run. */
interface Members {
  readonly nodes: Watcher<NodeView>;
  readonly pods: Watcher<PodView>;
}

/** Of a watch without changes a bookmark is heard after 122 s, then each 60 s. */
const apiserverSilenceMs = 135_000;

interface Watched {
  readonly kind: string;
  readonly watcher: Watcher<unknown>;
}

export class Snapshot {
  readonly #options: SnapshotOptions;
  readonly #dependencies: SnapshotDependencies;
  readonly #changed: () => void;
  readonly #services: Watcher<ServiceView>;
  readonly #endpointSlices: Watcher<EndpointSliceView>;
  readonly #pools: Watcher<ConfigObject<IPAddressPoolSpec>>;
  readonly #l2Advertisements: Watcher<ConfigObject<L2AdvertisementSpec>>;
  readonly #ownNodes: Watcher<NodeView>;
  readonly #ownNode: OwnNode;
  #members: Members | undefined;
  #configuration: Configuration | undefined;
  /** Undefined: to be summed again. */
  #endpoints: ServiceEndpoints | undefined;

  constructor(options: SnapshotOptions, dependencies: SnapshotDependencies, changed: () => void) {
    const { namespace, nodeName } = options;
    this.#options = options;
    this.#dependencies = dependencies;
    this.#changed = changed;
    this.#ownNode = new OwnNode(dependencies.clock, changed);
    this.#services = this.#watcher({ resource: services, fieldSelector: 'spec.type=LoadBalancer' }, parseService);
    this.#endpointSlices = this.#watcher(
      { resource: endpointSlices, labelSelector: '!service.kubernetes.io/headless' },
      parseEndpointSlice,
      () => (this.#endpoints = undefined),
    );
    this.#pools = this.#watcher({ resource: ipAddressPools, namespace }, parseConfigObject(ipAddressPoolSpec));
    this.#l2Advertisements = this.#watcher(
      { resource: l2Advertisements, namespace },
      parseConfigObject(l2AdvertisementSpec),
      () => this.#followMembers(),
    );
    this.#ownNodes = this.#watcher({ resource: nodes, fieldSelector: `metadata.name=${nodeName}` }, parseNode, () =>
      this.#ownNode.saw([...this.#ownNodes.objects.values()][0]),
    );
  }

  start(): void {
    for (const { watcher } of this.#watched) watcher.start();
  }

  stop(): void {
    for (const { watcher } of this.#watched) watcher.stop();
    this.#ownNode.stop();
  }

  /** What it holds of each kind that it watches. */
  explain(): readonly Explanation[] {
    return this.#watched.map(({ watcher }) => watcher.explain());
  }

  /** Sets the gauges that are computed when they are scraped. */
  refresh(): void {
    for (const { watcher } of this.#watched) watcher.refresh();
  }

  /** The lists that have not come yet and why they cannot; that the apiserver is silent. */
  notReady(): readonly string[] {
    const missing = this.#watched.flatMap(({ kind, watcher: { synced, blocked } }) => {
      if (blocked !== undefined) return [`${kind}: ${blocked}`];
      return synced ? [] : [`${kind}: not listed yet`];
    });
    const heardMs = Math.max(...this.#watched.map(({ watcher }) => watcher.lastEventMs ?? 0));
    const silent = this.#dependencies.clock.nowMs() - heardMs > apiserverSilenceMs;
    const silence = silent ? ['the apiserver is silent: all goes on as it was last known'] : [];
    return [...new Set([...missing, ...silence])];
  }

  /** The Node of this machine, if it is known. */
  get ownNode(): NodeView | undefined {
    return this.#ownNode.view;
  }

  /** Undefined before pools and advertisements were listed. */
  get configuration(): Configuration | undefined {
    if (!this.#pools.synced || !this.#l2Advertisements.synced) return undefined;
    const objects = { pools: this.#pools.objects, l2Advertisements: this.#l2Advertisements.objects };
    this.#configuration = parseConfiguration(objects, this.#configuration);
    return this.#configuration;
  }

  /** Everything that decides who announces. Undefined until each of its lists has come once: what is not known yet is not absent. */
  get inputs(): Inputs | undefined {
    const { configuration } = this;
    if (configuration === undefined || !this.#watched.every(({ watcher }) => watcher.synced)) return undefined;
    this.#endpoints ??= sumEndpoints(this.#endpointSlices.objects.values());
    const { ignoreExcludeLb } = this.#options;
    return {
      services: [...this.#services.objects.values()].filter((service) => this.#isOurs(service)),
      endpoints: this.#endpoints,
      nodes: this.#nodes(),
      speakerNodes: new Set([...(this.#members?.pods.objects.values() ?? [])].map(({ nodeName }) => nodeName)),
      pools: configuration.pools,
      advertisements: configuration.l2Advertisements,
      ignoreExcludeLabel: ignoreExcludeLb,
      nodeId: this.#dependencies.nodeId,
    };
  }

  /** A Service of our class, as the apiserver shows it now. */
  service(key: ObjectKey): ServiceView | undefined {
    const service = this.#services.objects.get(key);
    return service !== undefined && this.#isOurs(service) ? service : undefined;
  }

  /** Number of objects by kind; all Nodes if they are watched, else the own one. */
  get sizes(): ReadonlyMap<string, number> {
    return new Map(this.#watched.map(({ kind, watcher }) => [kind, watcher.objects.size]));
  }

  get #watched(): readonly Watched[] {
    return [
      { kind: 'Service', watcher: this.#services },
      { kind: 'EndpointSlice', watcher: this.#endpointSlices },
      { kind: 'IPAddressPool', watcher: this.#pools },
      { kind: 'L2Advertisement', watcher: this.#l2Advertisements },
      { kind: 'Node', watcher: this.#ownNodes },
      ...(this.#members === undefined
        ? []
        : [
            { kind: 'Node', watcher: this.#members.nodes },
            { kind: 'Pod', watcher: this.#members.pods },
          ]),
    ];
  }

  #isOurs({ loadBalancerClass }: ServiceView): boolean {
    return loadBalancerClass === this.#options.lbClass;
  }

  /** With the Node of this machine as it was last, should its object be missing for a moment. */
  #nodes(): readonly NodeView[] {
    const known = [...(this.#members?.nodes.objects.values() ?? [])];
    const own = this.#ownNode.view;
    return own === undefined || known.some(({ name }) => name === own.name) ? known : [...known, own];
  }

  #followMembers(): void {
    const wanted = this.#l2Advertisements.objects.size > 0;
    if (wanted === (this.#members !== undefined)) return;
    if (this.#members !== undefined) {
      this.#members.nodes.stop();
      this.#members.pods.stop();
      this.#members = undefined;
      return;
    }
    const { namespace } = this.#options;
    this.#members = {
      nodes: this.#watcher({ resource: nodes }, parseNode),
      pods: this.#watcher({ resource: pods, namespace, labelSelector: 'component=speaker' }, parsePod),
    };
    this.#members.nodes.start();
    this.#members.pods.start();
  }

  #watcher<View>(
    selection: Selection,
    parse: (object: unknown) => Parsed<View>,
    changedFirst: () => void = () => {},
  ): Watcher<View> {
    const changed = (): void => {
      changedFirst();
      this.#changed();
    };
    const jitterMs = (): number => reconnectSpreadMs(this.#members?.nodes.objects.size);
    return new Watcher({ selection, parse, jitterMs }, this.#dependencies, {
      synced: changed,
      changed: (_key, _view, _resourceVersion, viewChanged) => {
        if (viewChanged) changed();
      },
    });
  }
}
