// From the snapshot to addresses: for each address that counts, the Services behind it, the nodes that may own it, and whether it is to be
// answered at all. A shared address needs a node that may announce it for all its Services.
import type { ServiceView } from '#shared/kube/objects/service.ts';
import { familyOf, type Ip } from '#shared/net/ip.ts';
import { canAnswer, type AnnouncedHolder } from './announced-holder.ts';
import { placementKeys } from './bundles.ts';
import { CandidateFinder, type Candidates } from './candidates.ts';
import { findHolders, type Holder } from './holders.ts';
import type { Inputs } from './inputs.ts';
import { usableNodes } from './service-endpoints.ts';

export interface Announcement {
  readonly ip: Ip;
  /** The Services that hold the address, oldest first, each with the nodes where its traffic has somewhere to go. */
  readonly holders: readonly AnnouncedHolder[];
  /** One map for all addresses with the same candidates. */
  readonly candidates: Candidates;
  /** False: no Service behind it has a usable endpoint anywhere; it keeps its owner, who is silent. */
  readonly answer: boolean;
  /** Steers placement only: the same for all addresses of a bundle. */
  readonly placementKey: Ip;
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
  const finder = new CandidateFinder(inputs);
  const announcements = Array.from(counting, ([ip, sharing]): Announcement => {
    const family = familyOf(ip);
    const holders = sharing.map(({ service, pool, advertisements }) => {
      const usable = usableNodes(service, family, inputs.endpoints);
      return { service, pool, advertisements, usable };
    });
    const placementKey = keys.get(ip) ?? ip;
    return { ip, holders, placementKey, answer: canAnswer(holders), candidates: finder.of(holders, family) };
  });
  return { announcements, refusals };
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
