// From the snapshot to addresses: for each address that counts, the Services behind it, the nodes that may announce it, and whether it is to be
// answered at all. A shared address needs a node that may announce it for all its Services.
import type { L2Advertisement } from '#shared/config/l2-advertisement.ts';
import type { ServiceView } from '#shared/kube/objects/service.ts';
import { familyOf, type Ip } from '#shared/net/ip.ts';
import { placementKeys } from './bundles.ts';
import { candidateFor, reachesEndpoint, unitedInterfaces, type Candidate } from './eligibility.ts';
import { findHolders, type Holder } from './holders.ts';
import type { Inputs } from './inputs.ts';
import { usableNodes, type UsableNodes } from './service-endpoints.ts';

export interface Announcement {
  readonly ip: Ip;
  /** The Services that hold the address, oldest first, each with the nodes where its traffic has somewhere to go. */
  readonly holders: readonly AnnouncedHolder[];
  /** In the order of the nodes given. */
  readonly candidates: readonly Candidate[];
  /** False: no Service behind it has a usable endpoint anywhere; it keeps its owner, who is silent. */
  readonly answer: boolean;
  /** Steers placement only: the same for all addresses of a bundle. */
  readonly placementKey: Ip;
}

export interface AnnouncedHolder extends Holder {
  readonly usable: UsableNodes;
}

/** A Service's address that does not count, whatever the nodes. */
export interface Refusal {
  readonly ip: Ip;
  readonly service: ServiceView;
  readonly reason: 'notInPool' | 'noAdvertisement' | 'addressIsNodeAddress' | 'duplicateAddress';
  readonly message: string;
}

export interface Announcements {
  readonly announcements: readonly Announcement[];
  readonly refusals: readonly Refusal[];
}

interface Candidates {
  /** In the order of the nodes given. */
  readonly all: readonly Candidate[];
  readonly byNode: ReadonlyMap<string, Candidate>;
}

export function announce(inputs: Inputs): Announcements {
  const refusals: Refusal[] = [];
  const counting = new Map<Ip, readonly Holder[]>();
  const nodeOfAddress = new Map(inputs.nodes.flatMap(({ name, addresses }) => addresses.map((ip) => [ip, name])));
  for (const [ip, { sharing, duplicates }] of findHolders(inputs.services, inputs.pools, inputs.advertisements)) {
    const refused = refusalOf(ip, sharing, nodeOfAddress.get(ip));
    if (refused === undefined) counting.set(ip, sharing);
    else refusals.push(...sharing.map(({ service }) => ({ ip, service, ...refused })));
    refusals.push(...refusedDuplicates(ip, duplicates, sharing));
  }
  const keys = placementKeys(addressesByService(counting));
  const candidatesOf = candidateFinder(inputs);
  const announcements = [...counting].map(([ip, sharing]): Announcement => {
    const holders = sharing.map((holder) => ({
      ...holder,
      usable: usableNodes(holder.service, familyOf(ip), inputs.endpoints),
    }));
    const placementKey = keys.get(ip) ?? ip;
    return { ip, holders, placementKey, answer: canAnswer(holders), candidates: intersect(holders, candidatesOf) };
  });
  return { announcements, refusals };
}

/** Services without a usable endpoint have no say in where the address is, as long as another one behind it has some. */
export function decidingHolders(holders: readonly AnnouncedHolder[]): readonly AnnouncedHolder[] {
  return canAnswer(holders) ? holders.filter(({ usable }) => usable !== 'none') : holders;
}

function canAnswer(holders: readonly AnnouncedHolder[]): boolean {
  return holders.some(({ usable }) => usable !== 'none');
}

/** An address out of all pools is none of our business, whoever else has it. */
function refusalOf(
  ip: Ip,
  sharing: readonly Holder[],
  node: string | undefined,
): Pick<Refusal, 'reason' | 'message'> | undefined {
  if (sharing.every(({ pool }) => pool === undefined)) {
    return { reason: 'notInPool', message: `${ip} lies in no IPAddressPool` };
  }
  if (sharing.every(({ advertisements }) => advertisements.length === 0)) {
    return { reason: 'noAdvertisement', message: `no L2Advertisement matches ${ip} and the Service` };
  }
  if (node === undefined) return undefined;
  const message = `${ip} is an address of node "${node}": take it out of the IPAddressPool`;
  return { reason: 'addressIsNodeAddress', message };
}

function refusedDuplicates(ip: Ip, duplicates: readonly Holder[], sharing: readonly Holder[]): readonly Refusal[] {
  const holder = sharing[0]?.service.key ?? '';
  const message = `${ip} belongs to the older Service "${holder}", and the two have no sharing key in common`;
  return duplicates
    .filter(({ advertisements }) => advertisements.length > 0)
    .map(({ service }) => ({ ip, service, reason: 'duplicateAddress', message }));
}

function addressesByService(counting: ReadonlyMap<Ip, readonly Holder[]>): Iterable<readonly Ip[]> {
  const addresses = new Map<ServiceView, Ip[]>();
  for (const [ip, holders] of counting) {
    for (const { service } of holders) {
      const known = addresses.get(service);
      if (known === undefined) addresses.set(service, [ip]);
      else known.push(ip);
    }
  }
  return addresses.values();
}

/** Remembers what it found for a set of advertisements: it is the same for all Services that they match. */
function candidateFinder(inputs: Inputs): (advertisements: readonly L2Advertisement[]) => Candidates {
  const found = new Map<readonly L2Advertisement[], Candidates>();
  return (advertisements) => {
    const known = found.get(advertisements);
    if (known !== undefined) return known;
    const all = inputs.nodes
      .map((node) => candidateFor(node, advertisements, inputs))
      .filter((candidate) => typeof candidate !== 'string');
    const candidates = { all, byNode: new Map(all.map((candidate) => [candidate.node, candidate])) };
    found.set(advertisements, candidates);
    return candidates;
  };
}

function intersect(
  holders: readonly AnnouncedHolder[],
  candidatesOf: (advertisements: readonly L2Advertisement[]) => Candidates,
): readonly Candidate[] {
  const deciding = decidingHolders(holders).map((holder) => ({
    usable: holder.usable,
    candidates: candidatesOf(holder.advertisements),
  }));
  const [first, ...others] = deciding;
  if (first === undefined) return [];
  const { all } = first.candidates;
  if (holders.length === 1 && typeof first.usable === 'string') return all;
  const everywhere = all.filter(({ node }) =>
    deciding.every(({ candidates, usable }) => candidates.byNode.has(node) && reachesEndpoint(node, usable)),
  );
  if (holders.length === 1) return everywhere;
  const sharing = holders.map(({ advertisements }) => candidatesOf(advertisements).byNode);
  return everywhere.map((candidate) => ({
    ...candidate,
    preference: sum(sharing.map((byNode) => byNode.get(candidate.node)?.preference ?? 0)),
    interfaces: unitedInterfaces([
      candidate.interfaces,
      ...others.map(({ candidates }) => candidates.byNode.get(candidate.node)?.interfaces ?? []),
    ]),
  }));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
