// Which advertisements announce which prefix from this node, and what of the Services' addresses is not announced and why (BGP; pure).
import type { BGPAdvertisement } from '#shared/config/bgp-advertisement.ts';
import type { Pool } from '#shared/config/pool.ts';
import type { NodeView } from '#shared/kube/objects/node.ts';
import type { ServiceView } from '#shared/kube/objects/service.ts';
import type { ObjectKey } from '#shared/kube/objects/view.ts';
import { familyOf, type Family, type Ip } from '#shared/net/ip.ts';
import { encodePrefix, type EncodedPrefix } from '#speaker/bgp/nlri.ts';
import { excludeLabel, reachesEndpoint } from '../eligibility.ts';
import { findHolders, type Holder } from '../holders.ts';
import { usableNodes, type ServiceEndpoints } from '../service-endpoints.ts';

/** One snapshot, as far as the addresses that this node announces go. */
export interface ContributionInputs {
  /** Those of our class. */
  readonly services: readonly ServiceView[];
  readonly endpoints: ServiceEndpoints;
  readonly pools: readonly Pool[];
  readonly advertisements: readonly BGPAdvertisement[];
  readonly thisNode: NodeView;
  readonly nodes: readonly NodeView[];
  /** Announce from nodes labelled node.kubernetes.io/exclude-from-external-load-balancers all the same. */
  readonly ignoreExcludeLabel: boolean;
  /** `announced`: the node still forwards, and asks everybody to go elsewhere (RFC 8326); `over`: it announces nothing any more. */
  readonly drain: 'none' | 'announced' | 'over';
  /** Services whose endpoints on this node come and go too often to count yet. */
  readonly unsteady: ReadonlySet<ObjectKey>;
  /** Whether kube-proxy of this node forwards what comes for the Service. */
  readonly forwards: (service: ServiceView) => boolean;
}

export type RouteGate =
  | 'nodeNetworkUnavailable'
  | 'nodeExcluded'
  | 'nodeDraining'
  | 'notInPool'
  | 'addressIsNodeAddress'
  | 'duplicateAddress'
  | 'noEndpoints'
  | 'noLocalEndpoints'
  | 'kubeProxyNotReady';

/** An address that some advertisement would announce from this node. */
export interface GatedAddress {
  readonly ip: Ip;
  readonly service: ServiceView;
  readonly gate: RouteGate;
}

/** An address that this node announces. */
export interface Contribution {
  readonly ip: Ip;
  readonly service: ServiceView;
  /** Not empty. The same set is the same array. */
  readonly advertisements: readonly BGPAdvertisement[];
  /** Ready endpoints on this node, where traffic stays on the node that it comes to; undefined where kube-proxy spreads it. */
  readonly readyHere: number | undefined;
}

export interface Contributions {
  readonly contributions: readonly Contribution[];
  readonly gated: readonly GatedAddress[];
}

export function contribute(inputs: ContributionInputs): Contributions {
  const contributions: Contribution[] = [];
  const gated: GatedAddress[] = [];
  const ofNode = nodeGate(inputs);
  const nodeAddresses = new Set(inputs.nodes.flatMap(({ addresses }) => addresses));
  const matching = matcher(inputs);
  for (const [ip, { sharing, duplicates }] of findHolders(inputs.services, inputs.pools, [])) {
    for (const { service, pool } of duplicates) {
      if (matching(service, pool).length > 0) gated.push({ ip, service, gate: 'duplicateAddress' });
    }
    const ofAddress = ofNode ?? (nodeAddresses.has(ip) ? 'addressIsNodeAddress' : undefined);
    for (const holder of sharing) {
      const { service, pool } = holder;
      const advertisements = matching(service, pool);
      if (pool !== undefined && advertisements.length === 0) continue;
      const gate = poolGate(holder, inputs.advertisements) ?? ofAddress ?? serviceGate(ip, service, inputs);
      if (gate === undefined)
        contributions.push({ ip, service, advertisements, readyHere: readyHere(ip, service, inputs) });
      else gated.push({ ip, service, gate });
    }
  }
  return { contributions, gated };
}

/** The prefix that the advertisement announces the address with. */
export function announcedPrefix(ip: Ip, { aggregationLength }: BGPAdvertisement): EncodedPrefix {
  return encodePrefix({ ip, prefixBits: aggregationLength[familyOf(ip)] });
}

/** Whatever the Service. Not Ready alone, or cordoned, is no reason: what runs there still serves. */
function nodeGate({ thisNode, ignoreExcludeLabel, drain }: ContributionInputs): RouteGate | undefined {
  if (thisNode.networkUnavailable) return 'nodeNetworkUnavailable';
  if (excludeLabel in thisNode.labels && !ignoreExcludeLabel) return 'nodeExcluded';
  return drain === 'over' ? 'nodeDraining' : undefined;
}

/** Where nothing is announced by BGP at all, an address out of all pools is not ours to complain about. */
function poolGate({ pool }: Holder, advertisements: readonly BGPAdvertisement[]): RouteGate | undefined {
  return pool === undefined && advertisements.length > 0 ? 'notInPool' : undefined;
}

function serviceGate(
  ip: Ip,
  service: ServiceView,
  { endpoints, thisNode, unsteady, forwards }: ContributionInputs,
): RouteGate | undefined {
  const family: Family = familyOf(ip);
  const usable = usableNodes(service, family, endpoints);
  if (usable === 'none') return 'noEndpoints';
  if (!reachesEndpoint(thisNode.name, usable) || unsteady.has(service.key)) return 'noLocalEndpoints';
  return forwards(service) ? undefined : 'kubeProxyNotReady';
}

function readyHere(ip: Ip, service: ServiceView, { endpoints, thisNode }: ContributionInputs): number | undefined {
  if (service.externalTrafficPolicy !== 'Local') return undefined;
  return endpoints.get(service.key)?.[familyOf(ip)].byNode.get(thisNode.name)?.ready ?? 0;
}

/** The advertisements that select this node, pool and Service. Remembers by pool and by set: thousands of Services match few of them. */
function matcher({ advertisements, thisNode }: ContributionInputs) {
  const ofNode = advertisements.filter(({ selectsNode }) => selectsNode(thisNode.labels));
  const ofPool = new Map<Pool, readonly BGPAdvertisement[]>();
  const sets = new Map<string, readonly BGPAdvertisement[]>();
  return (service: ServiceView, pool: Pool | undefined): readonly BGPAdvertisement[] => {
    if (pool === undefined) return [];
    const candidates = ofPool.get(pool) ?? ofNode.filter(({ selectsPool }) => selectsPool(pool));
    ofPool.set(pool, candidates);
    const matched = candidates.filter(({ selectsService }) => selectsService(service.labels));
    const key = matched.map(({ uid }) => uid).join();
    const known = sets.get(key) ?? matched;
    sets.set(key, known);
    return known;
  };
}
