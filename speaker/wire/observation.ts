// What the wire thread tells of itself, put together from its parts (pure but for the log lines it takes along).
import { compareIps, type Ip } from '#shared/net/ip.ts';
import type { HostNetworkState } from '../l2/host-network.ts';
import type { AddressCounters, PacketResponder } from '../l2/packet-responder.ts';
import type { Responders } from '../l2/responders.ts';
import type { ObservedAddress, ObservedInterface, WireCounter, WireObserved } from '../seam.ts';
import type { WireLog } from './wire-log.ts';

export interface WireParts {
  readonly sequence: number;
  readonly network: HostNetworkState;
  readonly responders: Responders;
  readonly patternProblems: readonly string[];
  readonly log: WireLog;
  readonly gaps: number;
  /** Messages to the cluster thread that it did not take. */
  readonly dropped: number;
}

/** Addresses on these are not this machine's own: kube-proxy puts every load-balancer address on the one, users some on the other. */
const foreignAddressHolders: ReadonlySet<string> = new Set(['lo', 'kube-ipvs0']);

const missingNetRaw =
  'CAP_NET_RAW is missing, so no address is announced by ARP from this node: add NET_RAW to the capabilities of the speaker container';

export function observe(parts: WireParts): WireObserved {
  const { sequence, network, responders, log } = parts;
  return {
    kind: 'observed',
    sequence,
    generation: responders.generation,
    addresses: observedAddresses(responders),
    interfaces: observedInterfaces(responders),
    hostAddresses: hostAddresses(network),
    gateways: distinct(network.gateways.map(({ ip }) => ip)),
    problems: [...parts.patternProblems, ...socketProblems(responders.all)],
    log: log.take(),
    counters: [
      { name: 'ingot_wire_stalls_total', labels: { limit: 'drop' }, total: parts.gaps },
      { name: 'ingot_limit_reached_total', labels: { limit: 'wireLog' }, total: log.lost },
      { name: 'ingot_limit_reached_total', labels: { limit: 'unreadObservations' }, total: parts.dropped },
      ...responders.all.flatMap(socketCounters),
    ],
  };
}

function observedAddresses({ owned, all }: Responders): readonly ObservedAddress[] {
  return owned.map(({ ip }) => {
    const here = all.filter(({ active, counters }) => active && counters.has(ip));
    const total = (name: keyof AddressCounters): number =>
      all.reduce((sum, { counters }) => sum + (counters.get(ip)?.[name] ?? 0), 0);
    return {
      ip,
      interfaces: here.map(({ on }) => on.name),
      counters: { requests: total('requests'), replies: total('replies'), announcements: total('announcements') },
    };
  });
}

function observedInterfaces({ all, unsuitable }: Responders): readonly ObservedInterface[] {
  return [
    ...all.map(({ on: { name, mac }, failure }) =>
      failure === undefined ? { name, mac, open: true } : { name, mac, open: false, reason: failureText(failure) },
    ),
    ...unsuitable.map((one) => ({ ...one, open: false })),
  ];
}

function failureText({ call, code }: NonNullable<PacketResponder['failure']>): string {
  return `${call} failed with ${code}`;
}

function hostAddresses({ links, addresses }: HostNetworkState): readonly Ip[] {
  return distinct(
    addresses
      .filter(({ interfaceIndex }) => !foreignAddressHolders.has(links.get(interfaceIndex)?.name ?? ''))
      .map(({ ip }) => ip),
  );
}

function distinct(ips: readonly Ip[]): readonly Ip[] {
  return [...new Set(ips)].toSorted(compareIps);
}

function socketProblems(responders: readonly PacketResponder[]): readonly string[] {
  const problems = responders.flatMap(({ failure, on }) => {
    if (failure === undefined) return [];
    const isRefused = failure.code === 'EPERM' || failure.code === 'EACCES';
    return [isRefused ? missingNetRaw : `${on.name}: no packet socket (${failureText(failure)}); it is tried again`];
  });
  return [...new Set(problems)];
}

function socketCounters(responder: PacketResponder): readonly WireCounter[] {
  const statistics = responder.statistics();
  if (statistics === undefined) return [];
  const labels = { interface: responder.on.name };
  const { received, sent, sendErrors, filterReplacements, kernelDrops } = statistics;
  return [
    { name: 'ingot_packet_socket_frames_total', labels: { ...labels, direction: 'received' }, total: received },
    { name: 'ingot_packet_socket_frames_total', labels: { ...labels, direction: 'sent' }, total: sent },
    { name: 'ingot_packet_socket_malformed_total', labels, total: responder.malformed },
    { name: 'ingot_packet_socket_lost_total', labels, total: responder.framesLost },
    { name: 'ingot_packet_socket_filter_replacements_total', labels, total: filterReplacements },
    { name: 'ingot_packet_socket_kernel_drops_total', labels, total: kernelDrops },
    ...[...sendErrors].map(([code, total]) => ({
      name: 'ingot_packet_socket_send_errors_total',
      labels: { ...labels, code },
      total,
    })),
  ];
}
