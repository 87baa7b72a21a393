// The people of the simulated cluster: they make pools and Services, change them and take them away. What they want at any moment is told, so
// that checkers can judge without asking the programs.
import { ipAddressPools } from '#shared/api/ip-address-pool.ts';
import { bgpAdvertisements } from '#shared/api/bgp-advertisement.ts';
import { bgpPeers } from '#shared/api/bgp-peer.ts';
import { l2Advertisements } from '#shared/api/l2-advertisement.ts';
import { nodes, services } from '#shared/kube/resources.ts';
import type { Cancel } from '#shared/runtime/clock.ts';
import { uniform, type Random } from '#shared/runtime/random.ts';
import type { Family } from '#shared/net/ip.ts';
import type { Apiserver } from '../apiserver/apiserver.ts';
import { isFields, type KubeObject, type Manifest } from '../apiserver/object.ts';
import type { Workloads } from '../cluster/workloads.ts';
import type { UserAction } from '../faults/fault.ts';
import { clusterAsn, routerAsn, type BgpRouter } from '../routers/bgp-router.ts';
import { poolRanges, type Families } from './address-plan.ts';
import {
  advertisementManifest,
  bgpPeerManifest,
  ownNamespace,
  poolManifest,
  serviceManifest,
  serviceNamespace,
  type ServiceFields,
} from './manifests.ts';

export interface UsersOptions {
  /** Of each pool. */
  readonly poolAddresses: number;
  readonly nodes: readonly string[];
  readonly families: Families;
  /** Pools are on-link on these in turn. */
  readonly lans: number;
}

const advertisementOfAll = 'everything';
const excludeLabel = 'node.kubernetes.io/exclude-from-external-load-balancers';
/** One Service in so many is for ETP Local, and one pair in so many shares its address. */
const localEach = 4;
const sharedEach = 10;
const sharedPort = 8_000;
/** Of pairs of Services in turn, where there are both families. */
const kindsOfBoth: readonly (readonly Family[])[] = [['IPv4', 'IPv6'], ['IPv6'], ['IPv4'], ['IPv6', 'IPv4']];
const mostEndpointNodes = 3;

export class Users {
  readonly #apiserver: Apiserver;
  readonly #workloads: Workloads;
  readonly #random: Random;
  readonly #options: UsersOptions;

  constructor(options: UsersOptions, apiserver: Apiserver, workloads: Workloads, random: Random) {
    this.#options = options;
    this.#apiserver = apiserver;
    this.#workloads = workloads;
    this.#random = random;
  }

  addPool(index: number): void {
    this.#create(ipAddressPools, poolManifest(poolName(index), this.#ranges(index)));
  }

  advertiseAll(): void {
    this.#create(l2Advertisements, advertisementManifest(advertisementOfAll));
  }

  /** All addresses, to these routers. */
  advertiseTo(routers: readonly BgpRouter[]): void {
    for (const { name, ip } of routers)
      this.#create(bgpPeers, bgpPeerManifest(name, { ip, asn: routerAsn }, clusterAsn));
    if (routers.length > 0) this.#create(bgpAdvertisements, advertisementManifest('everything'));
  }

  /** With ready endpoints on some nodes. */
  createService(index: number): void {
    const families = familiesOf(index, this.#options.families);
    this.#create(services, serviceManifest(serviceFields(index, families)));
    const count = uniform(this.#random, 1, Math.min(mostEndpointNodes, this.#options.nodes.length));
    const first = uniform(this.#random, 0, this.#options.nodes.length - 1);
    const chosen = Array.from({ length: count }, (_, step) => {
      return this.#options.nodes[(first + step) % this.#options.nodes.length] ?? '';
    });
    this.#workloads.run(serviceNamespace, serviceName(index), chosen, families);
  }

  deleteService(index: number): void {
    this.#apiserver.remove(services, serviceNamespace, serviceName(index));
    this.#workloads.end(serviceNamespace, serviceName(index));
  }

  /** What is answered takes it back, where it is meant to be taken back. */
  act(action: UserAction): Cancel {
    switch (action.kind) {
      case 'service created':
        if (this.#service(action.index) === undefined) this.createService(action.index);
        return () => {};
      case 'service deleted':
        this.deleteService(action.index);
        return () => {};
      case 'service replaced':
        this.deleteService(action.index);
        this.createService(action.index);
        return () => {};
      case 'service type':
        this.#editSpec(action.index, {
          type: action.type,
          ...(action.type === 'ClusterIP' ? { externalTrafficPolicy: undefined } : {}),
        });
        return () => {};
      case 'traffic policy':
        this.#editSpec(action.index, { externalTrafficPolicy: action.policy });
        return () => {};
      case 'sharing key':
        this.#annotate(action.index, action.key);
        return () => {};
      case 'pool added':
        if (this.#pool(action.index) === undefined) this.addPool(action.index);
        return () => {};
      case 'pool removed':
        this.#apiserver.remove(ipAddressPools, ownNamespace, poolName(action.index));
        return () => this.act({ kind: 'pool added', index: action.index });
      case 'advertisement removed':
        this.#apiserver.remove(l2Advertisements, ownNamespace, advertisementOfAll);
        return () => this.advertiseAll();
      case 'pool shrunk':
        return this.#shrinkPool(action.index);
      case 'endpoints flap':
        return this.#workloads.flap(serviceNamespace, serviceName(action.index));
      case 'exclude label':
        return this.#excludeNode(action.node);
    }
  }

  #ranges(pool: number, addresses = this.#options.poolAddresses): readonly string[] {
    const { lans, families } = this.#options;
    return poolRanges(pool, addresses, pool % lans, families);
  }

  #service(index: number): KubeObject | undefined {
    return this.#apiserver.get(services, serviceNamespace, serviceName(index));
  }

  #pool(index: number): KubeObject | undefined {
    return this.#apiserver.get(ipAddressPools, ownNamespace, poolName(index));
  }

  #shrinkPool(index: number): Cancel {
    const { poolAddresses } = this.#options;
    const resize = (addresses: number): void =>
      this.#apiserver.edit(ipAddressPools, ownNamespace, poolName(index), (pool) => ({
        ...pool,
        metadata: { ...pool.metadata, generation: (pool.metadata.generation ?? 0) + 1 },
        spec: { ...fields(pool['spec']), addresses: this.#ranges(index, addresses) },
      }));
    resize(Math.ceil(poolAddresses / 2));
    return () => resize(poolAddresses);
  }

  #excludeNode(name: string): Cancel {
    const label = (value: string | undefined): void =>
      this.#apiserver.edit(nodes, undefined, name, (node) => {
        const { [excludeLabel]: _, ...labels } = node.metadata.labels ?? {};
        return {
          ...node,
          metadata: { ...node.metadata, labels: value === undefined ? labels : { ...labels, [excludeLabel]: value } },
        };
      });
    label('');
    return () => label(undefined);
  }

  #editSpec(index: number, changes: object): void {
    this.#apiserver.edit(services, serviceNamespace, serviceName(index), (service) => ({
      ...service,
      spec: { ...fields(service['spec']), ...changes },
    }));
  }

  #annotate(index: number, sharingKey: string | undefined): void {
    this.#apiserver.edit(services, serviceNamespace, serviceName(index), (service) => {
      const { 'metallb.io/allow-shared-ip': _, ...annotations } = service.metadata.annotations ?? {};
      const shared = sharingKey === undefined ? {} : { 'metallb.io/allow-shared-ip': sharingKey };
      return { ...service, metadata: { ...service.metadata, annotations: { ...annotations, ...shared } } };
    });
  }

  #create(resource: Parameters<Apiserver['put']>[0], manifest: Manifest): void {
    this.#apiserver.put(resource, manifest);
  }
}

export function serviceName(index: number): string {
  return `s${index}`;
}

export function poolName(index: number): string {
  return `pool-${index}`;
}

/** Every so many, two Services in a row share their address. */
function serviceFields(index: number, families: readonly Family[]): ServiceFields {
  const pair = Math.floor(index / 2);
  return {
    name: serviceName(index),
    clusterIPs: families.map((family) => clusterIp(index, family)),
    port: sharedPort + (index % 2),
    policy: index % localEach === localEach - 1 ? 'Local' : 'Cluster',
    sharingKey: pair % sharedEach === 0 ? `pair-${pair}` : undefined,
  };
}

function clusterIp(index: number, family: Family): string {
  return family === 'IPv4' ? `10.96.${index >> 8}.${index & 255}` : `fdff::${(index + 1).toString(16)}`;
}

/** Sharers have the same. */
function familiesOf(index: number, families: Families): readonly Family[] {
  if (families !== 'both') return [families];
  return kindsOfBoth[Math.floor(index / 2) % kindsOfBoth.length] ?? [];
}

function fields(value: unknown): Readonly<Record<string, unknown>> {
  return isFields(value) ? value : {};
}
