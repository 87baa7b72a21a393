// Views for the tests of the speaker: complete objects of which a test names what it is about.
import { createHash } from 'node:crypto';
import type { L2Advertisement } from '#shared/config/l2-advertisement.ts';
import type { Pool } from '#shared/config/pool.ts';
import type { EndpointCounts, EndpointSliceView } from '#shared/kube/objects/endpoint-slice.ts';
import type { ServiceView } from '#shared/kube/objects/service.ts';
import { objectKey, type Meta } from '#shared/kube/objects/view.ts';
import { parseIp, type Ip } from '#shared/net/ip.ts';
import { parseRange } from '#shared/net/range.ts';
import type { Mac } from '#shared/net/mac.ts';
import { nodeId as nodeIdOf } from '#speaker/digest.ts';
import type { Inputs, SpeakerNode } from '#speaker/desired/inputs.ts';
import { sumEndpoints } from '#speaker/desired/service-endpoints.ts';
import type { ObservedAddress, ObservedBfd, ObservedSegment, WireObserved } from '#speaker/seam.ts';
import type { NodeId } from '#speaker/segment/node-id.ts';
import type { DesiredAddress } from '#speaker/segment/ownership/desired-address.ts';

export const sha256 = (text: string): Uint8Array => createHash('sha256').update(text).digest();
export const nodeId = (name: string): NodeId => nodeIdOf(name, sha256);

export function ip(text: string): Ip {
  const parsed = parseIp(text);
  if (parsed === undefined) throw new Error(`no address: ${text}`);
  return parsed;
}

function meta(namespace: string, name: string): Meta {
  return { key: objectKey(namespace, name), namespace, name, uid: `uid-${name}`, createdMs: 0 };
}

/** In namespace `web`, with these addresses in its status. */
export function service(name: string, addresses: readonly string[], fields: Partial<ServiceView> = {}): ServiceView {
  return {
    ...meta('web', name),
    deleting: false,
    labels: {},
    annotations: {},
    clusterIPs: ['10.96.0.10'],
    ipFamilies: ['IPv4'],
    ipFamilyPolicy: 'SingleStack',
    loadBalancerClass: undefined,
    loadBalancerIP: undefined,
    externalTrafficPolicy: 'Cluster',
    internalTrafficPolicy: 'Cluster',
    healthCheckNodePort: undefined,
    selector: { app: name },
    ports: [{ protocol: 'TCP', port: 80 }],
    ingress: addresses.map((address) => ({ ip: address })),
    conditions: [],
    ...fields,
  };
}

/** Ready, without labels and taints. */
export function node(name: string, fields: Partial<SpeakerNode> = {}): SpeakerNode {
  return {
    ...meta('', name),
    labels: {},
    addresses: [],
    unschedulable: false,
    ready: true,
    networkUnavailable: false,
    taints: [],
    drainSignals: [],
    ...fields,
  };
}

export function pool(name: string, ranges: readonly string[], fields: Partial<Pool> = {}): Pool {
  return {
    ...meta('metallb-system', name),
    labels: {},
    autoAssign: true,
    avoidBuggyIPs: false,
    serviceAllocation: undefined,
    ranges: ranges.map((text) => {
      const range = parseRange(text);
      if ('error' in range) throw new Error(range.error);
      return range;
    }),
    frozen: undefined,
    ...fields,
  };
}

/** Of all pools and Services, on all nodes and interfaces. */
export function advertisement(name: string, fields: Partial<L2Advertisement> = {}): L2Advertisement {
  return {
    ...meta('metallb-system', name),
    selectsPool: () => true,
    selectsNode: () => true,
    selectsService: () => true,
    interfaces: [],
    preferredNodes: [],
    ...fields,
  };
}

const none: EndpointCounts = { ready: 0, servingTerminating: 0 };

/** An IPv4 slice of Service `web/<service>` with counts by node name. */
export function slice(
  ofService: string,
  byNode: Readonly<Record<string, Partial<EndpointCounts>>>,
  fields: Partial<EndpointSliceView> = {},
): EndpointSliceView {
  return {
    ...meta('web', `${ofService}-slice`),
    service: objectKey('web', ofService),
    addressType: 'IPv4',
    byNode: new Map(Object.entries(byNode).map(([name, counts]) => [name, { ...none, ...counts }])),
    withoutNode: none,
    ...fields,
  };
}

/** Three nodes with a speaker each; one pool, 192.0.2.200 and up to .239; one advertisement of everything. */
export function inputs(
  fields: Omit<Partial<Inputs>, 'endpoints'> & { readonly slices?: readonly EndpointSliceView[] } = {},
): Inputs {
  const { slices, ...others } = fields;
  const nodes = fields.nodes ?? ['n1', 'n2', 'n3'].map((name) => node(name));
  const services = fields.services ?? [];
  const everywhere = services.map(({ name }) =>
    slice(name, Object.fromEntries(nodes.map((at) => [at.name, { ready: 1 }]))),
  );
  return {
    services,
    nodes,
    endpoints: sumEndpoints(slices ?? everywhere),
    speakerNodes: new Set(nodes.map(({ name }) => name)),
    pools: [pool('lan', ['192.0.2.200-192.0.2.239'])],
    advertisements: [advertisement('all')],
    ignoreExcludeLabel: false,
    nodeId,
    ...others,
  };
}

/** A machine with eth0 at work, alone on its LAN, and nothing to answer for. */
export function observed(fields: Partial<WireObserved> = {}): WireObserved {
  return {
    kind: 'observed',
    sequence: 1,
    generation: 1,
    addresses: [],
    unplaced: [],
    segments: [observedSegment()],
    interfaces: [{ name: 'eth0', mac: '02:00:00:00:00:01' as Mac, open: true }],
    hostAddresses: [],
    gateways: [],
    network: { links: new Map(), addresses: [], gateways: [] },
    bfd: [],
    routers: [],
    retired: false,
    problems: [],
    log: [],
    ownerChanges: [],
    counters: [],
    ...fields,
  };
}

export function observedSegment(fields: Partial<ObservedSegment> = {}): ObservedSegment {
  return {
    segment: 'eth0',
    phase: 'joined',
    members: { up: 1 },
    roster: [],
    conditions: [],
    foreignClaims: [],
    announcementsQueued: 0,
    ...fields,
  };
}

/** An address that this node owns on these segments, answering there. */
export function observedAddress(
  address: string,
  segments: readonly string[],
  fields: { readonly answering?: boolean; readonly counters?: ObservedAddress['counters'] } = {},
): ObservedAddress {
  const { answering = true, counters = { requests: 0, replies: 0, announcements: 0 } } = fields;
  return {
    ip: ip(address),
    segments: segments.map((segment) => ({ segment, epoch: 1, minority: false, answering })),
    counters,
  };
}

/** An address that these nodes may own on any interface. */
export function desiredAddress(
  address: string,
  nodes: readonly string[] = ['n1'],
  fields: Partial<DesiredAddress> = {},
): DesiredAddress {
  const candidate = { interfaces: 'any', preference: 0, hasReadyEndpoint: true } as const;
  return {
    ip: ip(address),
    placementKey: ip(address),
    candidates: new Map(nodes.map((name) => [nodeId(name), candidate])),
    answer: true,
    release: false,
    ...fields,
  };
}

/** With the router at 192.0.2.1, down since it was begun. */
export function observedBfd(fields: Partial<ObservedBfd> = {}): ObservedBfd {
  return {
    remote: ip('192.0.2.1'),
    local: ip('192.0.2.11'),
    device: undefined,
    multihop: false,
    state: 'down',
    peerAdminDown: false,
    failures: 0,
    lastDetectionMs: undefined,
    counters: { sent: 0, received: 0, dropped: 0, ups: 0, downs: 0 },
    ...fields,
  };
}
