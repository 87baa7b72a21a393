// What the wire thread tells of itself, put together from its parts (pure but for the log lines and changes it takes along).
import { compareIps, type Family, type Ip } from '#shared/net/ip.ts';
import type { HostNetworkState } from '../l2/host-network.ts';
import type { AddressCounters } from '../l2/packet-responder.ts';
import type { SystemFailure } from '../l2/packet-socket.ts';
import type {
  ObservedAddress,
  ObservedInterface,
  ObservedOwnership,
  OwnerChange,
  WireCounter,
  WireObserved,
  WireOptions,
} from '../seam.ts';
import type { Bfd } from './bfd.ts';
import type { Routers } from './routers.ts';
import { observeSegment, observeShadow, ownershipsOn } from './segment-observation.ts';
import type { SegmentRunner } from './segment-runner.ts';
import type { Segments } from './segments.ts';
import type { Tally } from './tally.ts';
import type { WireLog } from './wire-log.ts';

export interface WireParts {
  readonly sequence: number;
  readonly nowMs: number;
  readonly node: WireOptions['node'];
  readonly network: HostNetworkState;
  readonly segments: Segments;
  readonly routers: Routers;
  readonly bfd: Bfd;
  readonly patternProblems: readonly string[];
  readonly ownerChanges: readonly OwnerChange[];
  readonly log: WireLog;
  readonly tally: Tally;
  /** Messages to the cluster thread that it did not take. */
  readonly dropped: number;
}

/** kube-proxy in IPVS mode puts every load-balancer address there. */
const serviceAddressHolder = 'kube-ipvs0';
/** Addresses on these are not this machine's own: users put some on `lo`. */
const foreignAddressHolders: ReadonlySet<string> = new Set(['lo', serviceAddressHolder]);

const missingNetRaw =
  'CAP_NET_RAW is missing, so no address is announced on the LAN from this node: add NET_RAW to the capabilities of the speaker container';

export function observe(parts: WireParts): WireObserved {
  const { sequence, nowMs, network, segments, log, tally } = parts;
  const nameOf = (id: string): string | undefined => segments.nameOfNode(id);
  return {
    kind: 'observed',
    sequence,
    generation: segments.generation,
    addresses: observedAddresses(segments.all, parts.node.id),
    unplaced: segments.unplaced,
    segments: [
      ...segments.all.map((runner) => observeSegment(runner, nowMs, nameOf)),
      ...segments.shadows.map(observeShadow),
    ],
    interfaces: observedInterfaces(segments),
    hostAddresses: hostAddresses(network),
    gateways: distinct(network.gateways.map(({ ip }) => ip)),
    network: withoutServiceAddresses(network),
    bfd: parts.bfd.observed,
    routers: parts.routers.observed,
    retired: segments.isRetired,
    problems: [
      ...parts.patternProblems,
      ...socketProblems(segments.all),
      ...parts.routers.problems,
      ...parts.bfd.problems,
    ],
    log: log.take(),
    ownerChanges: parts.ownerChanges,
    counters: [
      { name: 'ingot_limit_reached_total', labels: { limit: 'wireLog' }, total: log.lost },
      { name: 'ingot_limit_reached_total', labels: { limit: 'unreadObservations' }, total: parts.dropped },
      ...tally.counters,
      ...segments.all.flatMap(socketCounters),
    ],
  };
}

function observedAddresses(runners: readonly SegmentRunner[], self: string): readonly ObservedAddress[] {
  const owned = new Map<Ip, ObservedOwnership[]>();
  for (const runner of runners) {
    for (const [ip, ownership] of ownershipsOn(runner, self)) {
      const known = owned.get(ip);
      if (known === undefined) owned.set(ip, [ownership]);
      else known.push(ownership);
    }
  }
  return Array.from(owned, ([ip, segments]) => {
    const total = (name: keyof AddressCounters): number =>
      runners.reduce((sum, { responder }) => sum + (responder.countersOf(ip)?.[name] ?? 0), 0);
    const counters = { requests: total('requests'), replies: total('replies'), announcements: total('announcements') };
    return { ip, segments, counters };
  });
}

function observedInterfaces({ all, shadows, unsuitable }: Segments): readonly ObservedInterface[] {
  return [
    ...all.map(observedInterface),
    ...shadows.map(({ on: { name, mac }, speaking }) => ({
      name,
      mac,
      open: false,
      reason: `it is on the same LAN as ${speaking}, which speaks`,
    })),
    ...unsuitable.map((one) => ({ ...one, open: false })),
  ];
}

function observedInterface({ on: { name, mac }, responder: { sockets } }: SegmentRunner): ObservedInterface {
  const failures = [...sockets.values()].flatMap(({ failure }) => failure ?? []);
  const [first] = failures;
  return first === undefined || failures.length < sockets.size
    ? { name, mac, open: true }
    : { name, mac, open: false, reason: failureText(first) };
}

function failureText({ call, code }: SystemFailure): string {
  return `${call} failed with ${code}`;
}

function hostAddresses({ links, addresses }: HostNetworkState): readonly Ip[] {
  return distinct(
    addresses
      .filter(({ interfaceIndex }) => !foreignAddressHolders.has(links.get(interfaceIndex)?.name ?? ''))
      .map(({ ip }) => ip),
  );
}

function withoutServiceAddresses(network: HostNetworkState): HostNetworkState {
  const { links, addresses } = network;
  const kept = addresses.filter(({ interfaceIndex }) => links.get(interfaceIndex)?.name !== serviceAddressHolder);
  return kept.length === addresses.length ? network : { ...network, addresses: kept };
}

function distinct(ips: readonly Ip[]): readonly Ip[] {
  return [...new Set(ips)].toSorted(compareIps);
}

function socketProblems(runners: readonly SegmentRunner[]): readonly string[] {
  const problems = runners.flatMap(({ on, responder, sockets }) => [
    ...[...responder.sockets].flatMap(([family, { failure, groupFailure }]) => [
      ...(failure === undefined ? [] : [socketProblem(on.name, family, failure)]),
      ...(groupFailure === undefined ? [] : [groupProblem(on.name, groupFailure)]),
    ]),
    ...(sockets.failure === undefined ? [] : [speechProblem(on.name, sockets.failure)]),
  ]);
  return [...new Set(problems)];
}

function socketProblem(name: string, family: Family, failure: SystemFailure): string {
  const isRefused = failure.code === 'EPERM' || failure.code === 'EACCES';
  if (isRefused) return missingNetRaw;
  return `${name}: no packet socket for ${family} (${failureText(failure)}); it is tried again`;
}

function groupProblem(name: string, failure: SystemFailure): string {
  return `${name}: not every multicast group of the IPv6 addresses is joined (${failureText(failure)}), so neighbours may ask for them in vain; it is tried again`;
}

function speechProblem(name: string, failure: SystemFailure): string {
  return `${name}: the other speakers are not heard or spoken to (${failureText(failure)}); it is tried again`;
}

function socketCounters({ on, responder: { sockets, malformed } }: SegmentRunner): readonly WireCounter[] {
  const labels = { interface: on.name };
  const open = [...sockets.values()].flatMap((socket) => {
    const statistics = socket.statistics();
    return statistics === undefined ? [] : [{ ...statistics, lost: socket.framesLost }];
  });
  if (open.length === 0) return [];
  const total = (count: (one: (typeof open)[number]) => number): number =>
    open.reduce((sum, one) => sum + count(one), 0);
  const codes = new Set(open.flatMap(({ sendErrors }) => [...sendErrors.keys()]));
  return [
    {
      name: 'ingot_packet_socket_frames_total',
      labels: { ...labels, direction: 'received' },
      total: total(({ received }) => received),
    },
    {
      name: 'ingot_packet_socket_frames_total',
      labels: { ...labels, direction: 'sent' },
      total: total(({ sent }) => sent),
    },
    { name: 'ingot_packet_socket_malformed_total', labels, total: malformed },
    { name: 'ingot_packet_socket_lost_total', labels, total: total(({ lost }) => lost) },
    {
      name: 'ingot_packet_socket_filter_replacements_total',
      labels,
      total: total(({ filterReplacements }) => filterReplacements),
    },
    { name: 'ingot_packet_socket_kernel_drops_total', labels, total: total(({ kernelDrops }) => kernelDrops) },
    ...[...codes].map((code) => ({
      name: 'ingot_packet_socket_send_errors_total',
      labels: { ...labels, code },
      total: total(({ sendErrors }) => sendErrors.get(code) ?? 0),
    })),
  ];
}
