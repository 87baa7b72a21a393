// What the speaker knows of the cluster: watchers over everything that decides who may announce, folded into the inputs of that decision. It
// begins with what an earlier process wrote down. Nodes and speaker Pods change all the time and are watched only while an L2Advertisement
// exists, and most of BGP only while a BGPPeer does. While the apiserver is away all stays as it was.
import { ipAddressPools, ipAddressPoolSpec, type IPAddressPoolSpec } from '#shared/api/ip-address-pool.ts';
import { l2Advertisements, l2AdvertisementSpec, type L2AdvertisementSpec } from '#shared/api/l2-advertisement.ts';
import { parseConfiguration, type Configuration } from '#shared/config/configuration.ts';
import { parseConfigObject, type ConfigObject } from '#shared/config/object.ts';
import type { KubeDependencies } from '#shared/kube/dependencies.ts';
import type { Selection } from '#shared/kube/kube-api.ts';
import { parseEndpointSlice, type EndpointSliceView } from '#shared/kube/objects/endpoint-slice.ts';
import { parsePod, type PodView } from '#shared/kube/objects/pod.ts';
import { parseService, type ServiceView } from '#shared/kube/objects/service.ts';
import type { Meta, ObjectKey, Parsed } from '#shared/kube/objects/view.ts';
import { endpointSlices, nodes, pods, services } from '#shared/kube/resources.ts';
import { reconnectSpreadMs, type Explanation } from '#shared/kube/watcher.ts';
import type { PeerSecrets } from '../desired/bgp/peer-password.ts';
import type { Inputs, SpeakerNode } from '../desired/inputs.ts';
import { sumEndpoints, type ServiceEndpoints } from '../desired/service-endpoints.ts';
import { BgpKinds } from './bgp-kinds.ts';
import { KeptKind, type Watched } from './kept-kind.ts';
import { OwnNode } from './own-node.ts';
import type { NodeId } from '../segment/node-id.ts';
import { speakerNodeParser, type NodeRules } from './speaker-node.ts';
import type { SavedCluster } from '../state/saved-state.ts';

export interface SnapshotOptions extends NodeRules {
  readonly namespace: string;
  readonly nodeName: string;
  /** Only Services of exactly this class; undefined: only Services without one. */
  readonly lbClass: string | undefined;
}

export interface SnapshotDependencies extends KubeDependencies {
  readonly nodeId: (name: string) => NodeId;
}

/** What of the cluster decides what is announced by BGP. A kind that is not known yet is as if there were none of it. */
export interface RoutingInputs {
  readonly thisNode: SpeakerNode;
  /** Those that are known: that of this machine is among them. */
  readonly nodes: readonly SpeakerNode[];
  readonly configuration: Configuration;
  readonly secrets: PeerSecrets;
  /** Those of our class. */
  readonly services: readonly ServiceView[];
  readonly endpoints: ServiceEndpoints;
  /** Every kind is known that decides about routes. */
  readonly isComplete: boolean;
}

/** The cluster's nodes and where speakers run. */
interface Members {
  readonly nodes: KeptKind<SpeakerNode>;
  readonly pods: KeptKind<PodView>;
}

/** Of a watch without changes a bookmark is heard after 122 s, then each 60 s. */
const apiserverSilenceMs = 135_000;

export class Snapshot {
  readonly #options: SnapshotOptions;
  readonly #dependencies: SnapshotDependencies;
  readonly #changed: () => void;
  readonly #earlier: SavedCluster | undefined;
  readonly #services: KeptKind<ServiceView>;
  readonly #endpointSlices: KeptKind<EndpointSliceView>;
  readonly #pools: KeptKind<ConfigObject<IPAddressPoolSpec>>;
  readonly #l2Advertisements: KeptKind<ConfigObject<L2AdvertisementSpec>>;
  readonly #bgp: BgpKinds;
  readonly #ownNodes: KeptKind<SpeakerNode>;
  readonly #ownNode: OwnNode;
  readonly #parseNode: (object: unknown) => Parsed<SpeakerNode>;
  #members: Members | undefined;
  #configuration: Configuration | undefined;
  /** Undefined: to be summed again. */
  #endpoints: ServiceEndpoints | undefined;

  /** `earlier`: the cluster as an earlier process saw it. `changed`: what is known is something else now. */
  constructor(
    options: SnapshotOptions,
    earlier: SavedCluster | undefined,
    dependencies: SnapshotDependencies,
    changed: () => void,
  ) {
    const { namespace, nodeName } = options;
    this.#options = options;
    this.#dependencies = dependencies;
    this.#changed = changed;
    this.#earlier = earlier;
    this.#parseNode = speakerNodeParser(options);
    this.#ownNode = new OwnNode(dependencies.clock, earlier?.ownNode, changed);
    this.#services = this.#keep(
      { resource: services, fieldSelector: 'spec.type=LoadBalancer' },
      parseService,
      earlier?.services,
    );
    this.#endpointSlices = this.#keep(
      { resource: endpointSlices, labelSelector: '!service.kubernetes.io/headless' },
      parseEndpointSlice,
      earlier?.endpointSlices,
      () => (this.#endpoints = undefined),
    );
    this.#pools = this.#keep(
      { resource: ipAddressPools, namespace },
      parseConfigObject(ipAddressPoolSpec),
      earlier?.pools,
    );
    this.#l2Advertisements = this.#keep(
      { resource: l2Advertisements, namespace },
      parseConfigObject(l2AdvertisementSpec),
      earlier?.l2Advertisements,
      () => this.#followMembers(),
    );
    this.#bgp = new BgpKinds(namespace, earlier?.bgp, (...kind) => this.#keep(...kind));
    this.#ownNodes = this.#keep(
      { resource: nodes, fieldSelector: `metadata.name=${nodeName}` },
      this.#parseNode,
      undefined,
      () => this.#ownNode.saw([...this.#ownNodes.watcher.objects.values()][0]),
    );
  }

  start(): void {
    for (const { kept } of this.#watched) kept.watcher.start();
    this.#followMembers();
    this.#bgp.follow();
  }

  stop(): void {
    for (const { kept } of this.#watched) kept.watcher.stop();
    this.#ownNode.stop();
  }

  /** What it holds of each kind that it watches. */
  explain(): readonly Explanation[] {
    return this.#watched.map(({ kept }) => kept.watcher.explain());
  }

  /** Sets the gauges that are computed when they are scraped. */
  refresh(): void {
    for (const { kept } of this.#watched) kept.watcher.refresh();
  }

  /** The lists that have not come yet and why they cannot; that the apiserver is silent. */
  notReady(): readonly string[] {
    const missing = this.#watched.flatMap(({ kind, kept: { watcher } }) => {
      if (watcher.blocked !== undefined) return [`${kind}: ${watcher.blocked}`];
      return watcher.synced ? [] : [`${kind}: not listed yet`];
    });
    const heardMs = Math.max(...this.#watched.map(({ kept }) => kept.watcher.lastEventMs ?? 0));
    const silent = this.#dependencies.clock.nowMs() - heardMs > apiserverSilenceMs;
    const silence = silent ? ['the apiserver is silent: all goes on as it was last known'] : [];
    return [...new Set([...missing, ...silence])];
  }

  /** Something of what decides who may own an address is known only from an earlier process. */
  get isStale(): boolean {
    return this.#watchedForOwners.some(({ kept }) => kept.isStale);
  }

  /** The Node of this machine, if it is known. */
  get ownNode(): SpeakerNode | undefined {
    return this.#ownNode.view;
  }

  /** Undefined before pools and L2Advertisements are known. */
  get configuration(): Configuration | undefined {
    const isKnown = this.#pools.objects !== undefined && this.#l2Advertisements.objects !== undefined;
    return isKnown ? this.#known : undefined;
  }

  /** What of the configuration is known, and as if there were no more. */
  get #known(): Configuration {
    const [{ objects: pools }, { objects: ofLans }] = [this.#pools, this.#l2Advertisements];
    const objects = { pools, l2Advertisements: ofLans, ...this.#bgp.objects };
    this.#configuration = parseConfiguration(objects, this.#configuration);
    return this.#configuration;
  }

  /** Everything that decides who may announce. Undefined until each kind is known: what is not known yet is not absent. */
  get inputs(): Inputs | undefined {
    const { configuration } = this;
    const [ourServices, slices] = [this.#services.objects, this.#endpointSlices.objects];
    if (configuration === undefined || ourServices === undefined || slices === undefined) return undefined;
    const [ownNode, members] = [this.#ownNode.view, this.#members];
    const [allNodes, allPods] = [members?.nodes.objects, members?.pods.objects];
    if (!this.#ownNodes.watcher.synced && ownNode === undefined) return undefined;
    if (members !== undefined && (allNodes === undefined || allPods === undefined)) return undefined;
    this.#endpoints ??= sumEndpoints(slices.values());
    return {
      services: [...ourServices.values()].filter((service) => this.#isOurs(service)),
      endpoints: this.#endpoints,
      nodes: withOwn([...(allNodes?.values() ?? [])], ownNode),
      speakerNodes: new Set(Array.from(allPods?.values() ?? [], ({ nodeName }) => nodeName)),
      pools: configuration.pools,
      advertisements: configuration.l2Advertisements,
      ignoreExcludeLabel: this.#options.ignoreExcludeLb,
      nodeId: this.#dependencies.nodeId,
    };
  }

  /**
   * Everything that decides what is announced by BGP; without a BGPPeer that is nothing. Undefined until peers and the own Node are known: sessions
   * begin with those.
   */
  get routingInputs(): RoutingInputs | undefined {
    const thisNode = this.#ownNode.view;
    const { bgpPeers, bgpAdvertisements, communities } = this.#bgp.objects;
    if (thisNode === undefined || bgpPeers === undefined) return undefined;
    const isWanted = bgpPeers.size > 0;
    const [ourServices, slices] = [this.#services.objects, this.#endpointSlices.objects];
    if (isWanted) this.#endpoints ??= slices && sumEndpoints(slices.values());
    const decisive = [ourServices, slices, this.#pools.objects, bgpAdvertisements, communities];
    return {
      thisNode,
      nodes: withOwn([...(this.#members?.nodes.objects?.values() ?? [])], thisNode),
      configuration: this.#known,
      secrets: this.#bgp.secrets,
      services: isWanted ? [...(ourServices?.values() ?? [])].filter((service) => this.#isOurs(service)) : [],
      endpoints: this.#endpoints ?? new Map(),
      isComplete: decisive.every((kind) => kind !== undefined),
    };
  }

  /** A Service of our class, as it is known now. */
  service(key: ObjectKey): ServiceView | undefined {
    const service = this.#services.objects?.get(key);
    return service !== undefined && this.#isOurs(service) ? service : undefined;
  }

  /** To be written down. */
  get saved(): SavedCluster {
    return {
      services: this.#services.saved,
      endpointSlices: this.#endpointSlices.saved,
      nodes: this.#members?.nodes.saved,
      ownNode: this.#ownNode.view,
      pods: this.#members?.pods.saved,
      pools: this.#pools.saved,
      l2Advertisements: this.#l2Advertisements.saved,
      bgp: this.#bgp.saved,
    };
  }

  /** Number of objects by kind; all Nodes if they are watched, else the own one. */
  get sizes(): ReadonlyMap<string, number> {
    return new Map(this.#watched.map(({ kind, kept }) => [kind, kept.objects?.size ?? 0]));
  }

  get #watched(): readonly Watched[] {
    return [...this.#watchedForOwners, ...this.#bgp.watched];
  }

  get #watchedForOwners(): readonly Watched[] {
    return [
      { kind: 'Service', kept: this.#services },
      { kind: 'EndpointSlice', kept: this.#endpointSlices },
      { kind: 'IPAddressPool', kept: this.#pools },
      { kind: 'L2Advertisement', kept: this.#l2Advertisements },
      { kind: 'Node', kept: this.#ownNodes },
      ...(this.#members === undefined
        ? []
        : [
            { kind: 'Node', kept: this.#members.nodes },
            { kind: 'Pod', kept: this.#members.pods },
          ]),
    ];
  }

  #isOurs({ loadBalancerClass }: ServiceView): boolean {
    return loadBalancerClass === this.#options.lbClass;
  }

  /** Once begun it goes on: between the end of the last advertisement and the next one nobody leaves the LANs. */
  #followMembers(): void {
    if (this.#members !== undefined || (this.#l2Advertisements.objects?.size ?? 0) === 0) return;
    const { namespace } = this.#options;
    // What the earlier process saw counts at the start only, not when an advertisement comes later.
    const earlier = this.#l2Advertisements.watcher.synced ? undefined : this.#earlier;
    this.#members = {
      nodes: this.#keep({ resource: nodes }, this.#parseNode, earlier?.nodes),
      pods: this.#keep({ resource: pods, namespace, labelSelector: 'component=speaker' }, parsePod, earlier?.pods),
    };
    this.#members.nodes.watcher.start();
    this.#members.pods.watcher.start();
  }

  #keep<View extends Meta>(
    selection: Selection,
    parse: (object: unknown) => Parsed<View>,
    earlier: readonly View[] | undefined,
    changedFirst: () => void = () => {},
  ): KeptKind<View> {
    const changed = (): void => {
      changedFirst();
      this.#changed();
    };
    const jitterMs = (): number => reconnectSpreadMs(this.#members?.nodes.objects?.size);
    return new KeptKind({ selection, parse, jitterMs }, earlier, this.#dependencies, changed);
  }
}

/** The Node of this machine as it was last, should its object be missing for a moment. */
function withOwn(known: readonly SpeakerNode[], own: SpeakerNode | undefined): readonly SpeakerNode[] {
  return own === undefined || known.some(({ name }) => name === own.name) ? known : [...known, own];
}
