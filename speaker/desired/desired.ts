// What this node is to do: which addresses it answers for and on which interfaces, which Services it announces, and what of that which fails
// it is the one to report. All nodes decide everything and each keeps its own part.
import type { ServiceView } from '#shared/kube/objects/service.ts';
import { compareIps, familyOf, type Ip } from '#shared/net/ip.ts';
import type { DesiredAddress } from '../seam.ts';
import { announce, type Announcement, type Refusal } from './announcements.ts';
import type { Candidate } from './eligibility.ts';
import type { Inputs, ThisNode } from './inputs.ts';
import { explainNoEligibleNode } from './no-eligible-node.ts';
import { createElection, type Election } from './ownership.ts';
import type { ServiceEndpoints } from './service-endpoints.ts';

/** A Service of which this node owns an address that is to be answered. */
export interface AnnouncedService {
  readonly service: ServiceView;
  /** Those that this node answers for, in order. */
  readonly ips: readonly Ip[];
  /** This node owns the first address that is announced of the Service, so the Service's status object is its own. */
  readonly first: boolean;
}

export type FailureReason = Refusal['reason'] | 'noEligibleNode' | 'noReadyEndpoints';

/** An address of a Service that nobody answers for. One node reports it. */
export interface Failure {
  readonly ip: Ip;
  readonly service: ServiceView;
  readonly reason: FailureReason;
  readonly message: string;
}

export interface Desired {
  readonly addresses: readonly DesiredAddress[];
  readonly services: readonly AnnouncedService[];
  readonly failures: readonly Failure[];
}

/** An address that is answered, and by whom. */
interface Answered {
  readonly announcement: Announcement;
  readonly owner: Candidate;
}

export function desired(inputs: Inputs, thisNode: ThisNode): Desired {
  const { announcements, refusals } = announce(inputs);
  const elect = createElection(inputs.nodeId);
  const reports = createReporter(inputs, thisNode, elect);
  const failures: Failure[] = refusals.filter(({ ip }) => reports(ip));
  const answered: Answered[] = [];
  for (const announcement of announcements) {
    const { ip, candidates, placementKey } = announcement;
    const owner = elect(candidates, placementKey);
    const obstacle = obstacleOf(announcement, owner, thisNode);
    if (owner !== undefined && obstacle === undefined) {
      answered.push({ announcement, owner });
    } else if (owner === undefined && reports(ip)) {
      failures.push(...failed(announcement, 'noEligibleNode', explainNoEligibleNode(announcement, inputs)));
    } else if (owner?.node === thisNode.name && obstacle !== undefined) {
      failures.push(...failed(announcement, obstacle.reason, obstacle.message));
    }
  }
  return {
    addresses: ownAddresses(answered, inputs.endpoints, thisNode.name),
    services: announcedServices(answered, thisNode.name),
    failures,
  };
}

/** What keeps the owner from answering. */
function obstacleOf(
  { ip, answer }: Announcement,
  owner: Candidate | undefined,
  { name, hostAddresses, gateways }: ThisNode,
): { readonly reason: FailureReason; readonly message: string } | undefined {
  if (owner?.node === name && hostAddresses.has(ip)) {
    const message = `${ip} is an address of this machine, node "${name}": take it from the machine or out of the IPAddressPool`;
    return { reason: 'addressIsNodeAddress', message };
  }
  if (owner?.node === name && gateways.has(ip)) {
    const message = `${ip} is the gateway of this machine, node "${name}": take it out of the IPAddressPool`;
    return { reason: 'addressIsNodeAddress', message };
  }
  if (!answer) {
    return { reason: 'noReadyEndpoints', message: `${ip} is not answered: no Service behind it has a ready endpoint` };
  }
  return undefined;
}

function failed({ ip, holders }: Announcement, reason: FailureReason, message: string): readonly Failure[] {
  return holders.map(({ service }) => ({ ip, service, reason, message }));
}

/** Those with most endpoints first: when many are announced at once they are paced. */
function ownAddresses(
  answered: readonly Answered[],
  endpoints: ServiceEndpoints,
  node: string,
): readonly DesiredAddress[] {
  return answered
    .filter(({ owner }) => owner.node === node)
    .map(({ announcement: { ip, holders }, owner: { interfaces } }) => {
      const counts = holders.map(({ service }) => endpoints.get(service.key)?.[familyOf(ip)].total.ready ?? 0);
      return { ip, interfaces, ready: counts.reduce((total, count) => total + count, 0) };
    })
    .toSorted((a, b) => b.ready - a.ready || compareIps(a.ip, b.ip))
    .map(({ ip, interfaces }) => ({ ip, owned: true, interfaces }));
}

function announcedServices(answered: readonly Answered[], node: string): readonly AnnouncedService[] {
  const byService = new Map<ServiceView, Answered[]>();
  for (const address of answered) {
    for (const { service } of address.announcement.holders) {
      const known = byService.get(service);
      if (known === undefined) byService.set(service, [address]);
      else known.push(address);
    }
  }
  return [...byService].flatMap(([service, addresses]) => {
    const sorted = addresses.toSorted((a, b) => compareIps(a.announcement.ip, b.announcement.ip));
    const ips = sorted.filter(({ owner }) => owner.node === node).map(({ announcement }) => announcement.ip);
    return ips.length === 0 ? [] : [{ service, ips, first: sorted[0]?.owner.node === node }];
  });
}

/**
 * Whether this node is to report what concerns an address without owner: one of the nodes that run a speaker, rather one that can reach the
 * apiserver, and the same for all.
 */
function createReporter(inputs: Inputs, thisNode: ThisNode, elect: Election): (ip: Ip) => boolean {
  const speakers = inputs.nodes.filter(({ name }) => inputs.speakerNodes.has(name));
  const reporters = (speakers.length === 0 ? inputs.nodes : speakers).map(({ name, ready }) => ({
    node: name,
    ready,
    preference: 0,
  }));
  return (ip) => elect(reporters, ip)?.node === thisNode.name;
}
