// Where the endpoints of a Service are, and which nodes kube-proxy would serve it on: ready endpoints, and only if there are none the serving
// and terminating ones (KEP-1669, KEP-1672). kube-proxy serves each address family by its own slices, so counts are kept per family.
import type { EndpointCounts, EndpointSliceView } from '#shared/kube/objects/endpoint-slice.ts';
import type { ServiceView } from '#shared/kube/objects/service.ts';
import type { ObjectKey } from '#shared/kube/objects/view.ts';
import type { Family } from '#shared/net/ip.ts';

/** The endpoints of one Service in one address family, over all its slices. */
export interface FamilyEndpoints {
  readonly byNode: ReadonlyMap<string, EndpointCounts>;
  /** On any node or on none that is known. */
  readonly total: EndpointCounts;
}

export type ServiceEndpoints = ReadonlyMap<ObjectKey, Readonly<Record<Family, FamilyEndpoints>>>;

/** Which nodes have an endpoint to send a packet to: none, every node (kube-proxy forwards), or these. */
export type UsableNodes = 'none' | 'every' | ReadonlySet<string>;

interface Sums {
  readonly byNode: Map<string, EndpointCounts>;
  total: EndpointCounts;
}

const noCounts: EndpointCounts = { ready: 0, servingTerminating: 0 };
const noEndpoints: FamilyEndpoints = { byNode: new Map(), total: noCounts };

export function sumEndpoints(slices: Iterable<EndpointSliceView>): ServiceEndpoints {
  const services = new Map<ObjectKey, Record<Family, Sums>>();
  for (const slice of slices) {
    if (slice.addressType === 'FQDN') continue;
    let service = services.get(slice.service);
    if (service === undefined) services.set(slice.service, (service = { IPv4: emptySums(), IPv6: emptySums() }));
    const sums = service[slice.addressType];
    sums.total = add(sums.total, slice.withoutNode);
    for (const [node, counts] of slice.byNode) {
      sums.total = add(sums.total, counts);
      sums.byNode.set(node, add(sums.byNode.get(node) ?? noCounts, counts));
    }
  }
  return services;
}

/** With externalTrafficPolicy Local only endpoints of a known node count, as kube-proxy drops what has no local one. */
export function usableNodes(
  service: Pick<ServiceView, 'key' | 'externalTrafficPolicy'>,
  family: Family,
  endpoints: ServiceEndpoints,
): UsableNodes {
  const { byNode, total } = endpoints.get(service.key)?.[family] ?? noEndpoints;
  if (service.externalTrafficPolicy === 'Cluster') {
    return total.ready > 0 || total.servingTerminating > 0 ? 'every' : 'none';
  }
  const ready = nodesWith(byNode, (counts) => counts.ready > 0);
  if (ready.size > 0) return ready;
  const terminating = nodesWith(byNode, (counts) => counts.servingTerminating > 0);
  return terminating.size > 0 ? terminating : 'none';
}

/** Names of the nodes with a ready endpoint. */
export function readyNodes(
  { key }: Pick<ServiceView, 'key'>,
  family: Family,
  endpoints: ServiceEndpoints,
): ReadonlySet<string> {
  const { byNode } = endpoints.get(key)?.[family] ?? noEndpoints;
  return nodesWith(byNode, ({ ready }) => ready > 0);
}

function nodesWith(
  byNode: ReadonlyMap<string, EndpointCounts>,
  has: (counts: EndpointCounts) => boolean,
): ReadonlySet<string> {
  const nodes = new Set<string>();
  for (const [node, counts] of byNode) if (has(counts)) nodes.add(node);
  return nodes;
}

function emptySums(): Sums {
  return { byNode: new Map(), total: noCounts };
}

function add(a: EndpointCounts, b: EndpointCounts): EndpointCounts {
  return { ready: a.ready + b.ready, servingTerminating: a.servingTerminating + b.servingTerminating };
}
