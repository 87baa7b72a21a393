// What this node is to know of all addresses: who may own each, which Services are behind it, and what of that which fails it is the one to
// report. Who owns an address is found out on its LAN.
import type { ServiceView } from '#shared/kube/objects/service.ts';
import { compareIps, familyOf, type Ip } from '#shared/net/ip.ts';
import type { DesiredAddress } from '../segment/ownership/desired-address.ts';
import { decidingHolders } from './announced-holder.ts';
import { announce, type Announcement, type Refusal } from './announcements.ts';
import type { Inputs, SpeakerNode, ThisNode } from './inputs.ts';
import { explainNoEligibleNode } from './no-eligible-node.ts';
import { createReports } from './reporter.ts';
import { reachesEndpoint } from './eligibility.ts';
import type { ServiceEndpoints } from './service-endpoints.ts';

/** A Service with an address that somebody may own. */
export interface DesiredService {
  readonly service: ServiceView;
  /** Who owns this one speaks for the Service: the first of its addresses that are to be answered, or of all if none is; IPv4 first. */
  readonly first: Ip;
}

export type FailureReason = Refusal['reason'] | 'noEligibleNode';

/** An address of a Service that cannot be announced, whoever lives. */
export interface Failure {
  readonly ip: Ip;
  readonly service: ServiceView;
  readonly reason: FailureReason;
  readonly message: string;
}

export interface Desired {
  /** Those with most endpoints first: when many are announced at once they are paced. */
  readonly addresses: readonly DesiredAddress[];
  /** The same, to be found by the address. */
  readonly byIp: ReadonlyMap<Ip, DesiredAddress>;
  /** Behind each of these addresses, oldest first. */
  readonly services: ReadonlyMap<Ip, readonly DesiredService[]>;
  /** To be reported by this node. */
  readonly failures: readonly Failure[];
  /** Of an address that lies in no segment of this node: whether this node is the one of its candidates to report that. */
  readonly reports: (ip: Ip) => boolean;
}

export function desired(inputs: Inputs, thisNode: ThisNode): Desired {
  const { announcements, refusals } = announce(inputs);
  const reports = createReports(thisNode.name, inputs.nodeId);
  const speakers = speakersOf(inputs);
  const failures: Failure[] = refusals.filter(({ ip }) => reports(ip, speakers));
  const placeable: Announcement[] = [];
  for (const announcement of announcements) {
    const { ip, candidates } = announcement;
    const own = ownAddressMessage(ip, thisNode);
    if (own !== undefined) {
      if (thisNode.hostAddresses.has(ip) || reports(ip, speakers)) {
        failures.push(...failed(announcement, 'addressIsNodeAddress', own));
      }
      continue;
    }
    placeable.push(announcement);
    if (candidates.size === 0 && reports(ip, speakers)) {
      failures.push(...failed(announcement, 'noEligibleNode', explainNoEligibleNode(announcement, inputs)));
    }
  }
  const addresses = desiredAddresses(placeable, inputs.endpoints, thisNode.name);
  const byIp = new Map(addresses.map((address) => [address.ip, address]));
  return {
    addresses,
    byIp,
    services: servicesByAddress(placeable),
    failures,
    reports: (ip) => reports(ip, candidateNodes(byIp.get(ip), inputs)),
  };
}

/** Why it is none of a load balancer's; undefined when it is. */
function ownAddressMessage(ip: Ip, { name, hostAddresses, gateways }: ThisNode): string | undefined {
  if (hostAddresses.has(ip)) {
    return `${ip} is an address of this machine, node "${name}": take it from the machine or out of the IPAddressPool`;
  }
  if (gateways.has(ip)) return `${ip} is the gateway of this machine, node "${name}": take it out of the IPAddressPool`;
  return undefined;
}

function failed({ ip, holders }: Announcement, reason: FailureReason, message: string): readonly Failure[] {
  return holders.map(({ service }) => ({ ip, service, reason, message }));
}

function desiredAddresses(
  announcements: readonly Announcement[],
  endpoints: ServiceEndpoints,
  node: string,
): readonly DesiredAddress[] {
  return announcements
    .map((announcement) => ({ announcement, ready: readyEndpoints(announcement, endpoints) }))
    .toSorted((a, b) => b.ready - a.ready || (a.announcement.ip < b.announcement.ip ? -1 : 1))
    .map(({ announcement: { ip, placementKey, candidates, answer, holders } }) => ({
      ip,
      placementKey,
      candidates,
      answer,
      // Its kube-proxy drops what comes, and other nodes have what this one lacks.
      release: decidingHolders(holders).some(({ usable }) => !reachesEndpoint(node, usable)),
    }));
}

function readyEndpoints({ ip, holders }: Announcement, endpoints: ServiceEndpoints): number {
  const family = familyOf(ip);
  let ready = 0;
  for (const { service } of holders) ready += endpoints.get(service.key)?.[family].total.ready ?? 0;
  return ready;
}

function servicesByAddress(announcements: readonly Announcement[]): ReadonlyMap<Ip, readonly DesiredService[]> {
  const firsts = new Map<ServiceView, Announcement>();
  for (const announcement of announcements) {
    for (const { service } of announcement.holders) {
      const known = firsts.get(service);
      if (known === undefined || speaksBefore(announcement, known)) firsts.set(service, announcement);
    }
  }
  return new Map(
    announcements.map(({ ip, holders }) => [
      ip,
      holders.map(({ service }) => ({ service, first: firsts.get(service)?.ip ?? ip })),
    ]),
  );
}

function speaksBefore(a: Announcement, b: Announcement): boolean {
  const [aSpeaks, bSpeaks] = [a, b].map(({ answer, candidates }) => answer && candidates.size > 0);
  return aSpeaks === bSpeaks ? compareIps(a.ip, b.ip) < 0 : aSpeaks === true;
}

/** Those that can report at all. */
function speakersOf({ nodes, speakerNodes }: Inputs): readonly SpeakerNode[] {
  const speakers = nodes.filter(({ name }) => speakerNodes.has(name));
  return speakers.length === 0 ? nodes : speakers;
}

function candidateNodes(address: DesiredAddress | undefined, { nodes, nodeId }: Inputs): readonly SpeakerNode[] {
  return address === undefined ? [] : nodes.filter(({ name }) => address.candidates.has(nodeId(name)));
}
