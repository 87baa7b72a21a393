// What the wire thread tells of itself, put together from its parts (pure but for the log lines it takes along).
import { compareIps, type Family, type Ip } from '#shared/net/ip.ts';
import type { HostNetworkState } from '../l2/host-network.ts';
import type { AddressCounters, PacketResponder } from '../l2/packet-responder.ts';
import type { SystemFailure } from '../l2/packet-socket.ts';
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
  'CAP_NET_RAW is missing, so no address is announced on the LAN from this node: add NET_RAW to the capabilities of the speaker container';

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
    const here = all.filter((responder) => responder.isAnswering(ip));
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
    ...all.map(({ on: { name, mac }, sockets }) => {
      const failures = [...sockets.values()].flatMap(({ failure }) => failure ?? []);
      const [first] = failures;
      return first === undefined || failures.length < sockets.size
        ? { name, mac, open: true }
        : { name, mac, open: false, reason: failureText(first) };
    }),
    ...unsuitable.map((one) => ({ ...one, open: false })),
  ];
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

function distinct(ips: readonly Ip[]): readonly Ip[] {
  return [...new Set(ips)].toSorted(compareIps);
}

function socketProblems(responders: readonly PacketResponder[]): readonly string[] {
  const problems = responders.flatMap(({ on, sockets }) =>
    [...sockets].flatMap(([family, { failure, groupFailure }]) => [
      ...(failure === undefined ? [] : [socketProblem(on.name, family, failure)]),
      ...(groupFailure === undefined ? [] : [groupProblem(on.name, groupFailure)]),
    ]),
  );
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

function socketCounters({ on, sockets, malformed }: PacketResponder): readonly WireCounter[] {
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
