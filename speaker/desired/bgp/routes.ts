// From the snapshot to what each BGP peer of this node shall hold (pure). Contributions to one prefix merge; where their advertisements
// contradict each other, the prefix is withheld from the peers that both name.
import type { BGPAdvertisement } from '#shared/config/bgp-advertisement.ts';
import type { CommunityValue } from '#shared/config/community.ts';
import { errorIn, problemOf, type Problem } from '#shared/config/problem.ts';
import { quoted } from '#shared/config/problem-text.ts';
import type { ServiceView } from '#shared/kube/objects/service.ts';
import { familyOf, type Family } from '#shared/net/ip.ts';
import { linkBandwidth, type ExtendedCommunity } from '#speaker/bgp/community.ts';
import { attributesOf } from '#speaker/bgp/family-routes.ts';
import { decodePrefix, type EncodedPrefix } from '#speaker/bgp/nlri.ts';
import { beforeShutdown } from '#speaker/bgp/route-attributes.ts';
import { routeTable, type RouteGroup, type RouteTable } from '#speaker/bgp/route-table.ts';
import {
  announcedPrefix,
  contribute,
  type Contribution,
  type ContributionInputs,
  type GatedAddress,
} from './contributions.ts';
import { mergeAttributes, type AgreeingField } from './merged-attributes.ts';
import { noWeights, steadyWeights, type Weights } from './weights.ts';

export interface RouteInputs extends ContributionInputs {
  /** What the names in advertisements stand for. */
  readonly communities: ReadonlyMap<string, CommunityValue>;
  /** The peers that this node has sessions with. */
  readonly peers: readonly RoutePeer[];
  /** Monotonic. */
  readonly nowMs: number;
}

export interface RoutePeer {
  readonly name: string;
  /** Our AS number towards it, if it is to be told how much traffic this node should get. */
  readonly linkBandwidthAsn: number | undefined;
}

export interface DesiredRoutes {
  /** Of each peer. Peers that are to hold the same have the same one. */
  readonly tables: ReadonlyMap<string, RouteTable>;
  /** The peers that are to be told of an address of the Service, sorted; Services that nobody is told of are not in it. */
  readonly peersOfService: ReadonlyMap<ServiceView, readonly string[]>;
  readonly gated: readonly GatedAddress[];
  readonly problems: readonly Problem[];
  readonly weights: Weights;
  /** When to look again although nothing changes: a weight is due. */
  readonly dueMs: number | undefined;
}

/** Peers that the same advertisements are for. */
interface Audience {
  readonly peers: readonly string[];
  readonly linkBandwidthAsn: number | undefined;
  readonly advertisements: ReadonlySet<BGPAdvertisement>;
}

const octetsPerSecond = 125_000_000;

/** Who announces a prefix: one list for each combination, in the order of the advertisements. */
type Announcers = Readonly<Record<Family, ReadonlyMap<EncodedPrefix, readonly BGPAdvertisement[]>>>;

/** What is alike in `before` is shared, so that sessions see at once what has changed. */
export function desiredRoutes(inputs: RouteInputs, before?: DesiredRoutes): DesiredRoutes {
  const { contributions, gated } = contribute(inputs);
  const { weights, dueMs } = inputs.peers.some(({ linkBandwidthAsn }) => linkBandwidthAsn !== undefined)
    ? steadyWeights(contributions, before?.weights ?? noWeights, inputs.nowMs)
    : { weights: noWeights, dueMs: undefined };
  const announcers = announcersOf(contributions);
  const tables = new Map<string, RouteTable>();
  const conflicting = new Map<string, Conflict & { readonly peers: string[] }>();
  const audiences = audiencesOf(inputs);
  for (const audience of audiences) {
    const { groups, conflicts } = groupsFor(audience, announcers, inputs, weights);
    const past = audience.peers.map((peer) => before?.tables.get(peer)).find((table) => table !== undefined);
    const table = routeTable(groups, past);
    for (const peer of audience.peers) tables.set(peer, table);
    for (const conflict of conflicts) {
      const key = conflict.advertisements.map(({ uid }) => uid).join();
      const known = conflicting.get(key) ?? { ...conflict, peers: [] };
      conflicting.set(key, known);
      known.peers.push(...audience.peers.filter((peer) => !known.peers.includes(peer)));
    }
  }
  const problems = [...conflicting.values()].map(problemOfConflict);
  return {
    tables,
    peersOfService: peersOf(contributions, audiences, tables),
    gated,
    problems,
    weights,
    dueMs,
  };
}

function announcersOf(contributions: readonly Contribution[]): Announcers {
  const announcers = {
    IPv4: new Map<EncodedPrefix, readonly BGPAdvertisement[]>(),
    IPv6: new Map<EncodedPrefix, readonly BGPAdvertisement[]>(),
  };
  for (const { ip, advertisements } of contributions) {
    const ofFamily = announcers[familyOf(ip)];
    for (const advertisement of advertisements) {
      const prefix = announcedPrefix(ip, advertisement);
      const known = ofFamily.get(prefix) ?? [];
      if (!known.includes(advertisement)) ofFamily.set(prefix, [...known, advertisement]);
    }
  }
  return announcers;
}

/** An advertisement that names no peers is for all. */
function audiencesOf({ peers, advertisements }: RouteInputs): readonly Audience[] {
  const audiences = new Map<string, Audience & { readonly peers: string[] }>();
  for (const { name, linkBandwidthAsn } of peers) {
    const named = advertisements.filter((one) => one.peers.length === 0 || one.peers.includes(name));
    const key = [linkBandwidthAsn ?? '', ...named.map(({ uid }) => uid)].join();
    const audience = audiences.get(key) ?? { peers: [], linkBandwidthAsn, advertisements: new Set(named) };
    audience.peers.push(name);
    audiences.set(key, audience);
  }
  return [...audiences.values()];
}

interface Conflict {
  readonly family: Family;
  readonly prefix: EncodedPrefix;
  readonly field: AgreeingField;
  readonly advertisements: readonly [BGPAdvertisement, ...BGPAdvertisement[]];
}

interface Groups {
  readonly groups: readonly RouteGroup[];
  readonly conflicts: readonly Conflict[];
}

type Draft = RouteGroup & { readonly prefixes: Record<Family, EncodedPrefix[]> };

function groupsFor(audience: Audience, announcers: Announcers, inputs: RouteInputs, weights: Weights): Groups {
  const groups = new Map<string, Draft | AgreeingField>();
  const conflicts: Conflict[] = [];
  for (const family of ['IPv4', 'IPv6'] as const) {
    for (const [prefix, all] of announcers[family]) {
      const [first, ...others] = all.filter((one) => audience.advertisements.has(one));
      if (first === undefined) continue;
      const advertisements = [first, ...others] as const;
      const { linkBandwidthAsn } = audience;
      const endpoints = linkBandwidthAsn === undefined ? undefined : weights[family].get(prefix)?.endpoints;
      const uids = advertisements.map(({ uid }) => uid).toSorted();
      const key = [endpoints ?? '', ...uids].join();
      const group = groups.get(key) ?? draftOf(advertisements, inputs, bandwidth(linkBandwidthAsn, endpoints));
      groups.set(key, group);
      if (typeof group === 'string') conflicts.push({ family, prefix, field: group, advertisements });
      else group.prefixes[family].push(prefix);
    }
  }
  return { groups: [...groups.values()].filter((group) => typeof group !== 'string'), conflicts };
}

function draftOf(
  advertisements: readonly [BGPAdvertisement, ...BGPAdvertisement[]],
  { communities, drain }: RouteInputs,
  extendedCommunities: readonly ExtendedCommunity[],
): Draft | AgreeingField {
  const merged = mergeAttributes(advertisements, communities);
  if ('conflict' in merged) return merged.conflict;
  const attributes = { ...merged.attributes, extendedCommunities };
  return {
    attributes: drain === 'announced' ? beforeShutdown(attributes) : attributes,
    prefixes: { IPv4: [], IPv6: [] },
  };
}

/** 1 Gbit/s for each endpoint: only how they compare matters. */
function bandwidth(asn: number | undefined, endpoints: number | undefined): readonly ExtendedCommunity[] {
  if (asn === undefined || endpoints === undefined) return [];
  return [linkBandwidth(asn, endpoints * octetsPerSecond, 'nonTransitive')];
}

/** Told once for each combination of advertisements, with one of its prefixes. */
function problemOfConflict({
  family,
  prefix,
  field,
  advertisements,
  peers,
}: Conflict & { readonly peers: readonly string[] }): Problem {
  const { ip, prefixBits } = decodePrefix(family, prefix);
  const [object, ...others] = advertisements.toReversed();
  const names = others.map(({ name }) => quoted(name)).join(', ');
  const message = `differs from that of BGPAdvertisement ${names}: ${ip}/${prefixBits} and whatever else both announce is withheld from BGPPeer ${peers.map(quoted).join(', ')} until they agree`;
  return problemOf(
    'BGPAdvertisement',
    object ?? advertisements[0],
    errorIn(`spec.${field}`, 'conflictingAdvertisements', message),
  );
}

/** A prefix that is withheld tells nobody of the Services behind it. */
function peersOf(
  contributions: readonly Contribution[],
  audiences: readonly Audience[],
  tables: DesiredRoutes['tables'],
): DesiredRoutes['peersOfService'] {
  const told = new Map<ServiceView, Set<string>>();
  for (const { ip, service, advertisements } of contributions) {
    for (const { peers, advertisements: named } of audiences) {
      const table = tables.get(peers[0] ?? '');
      const reaches = (one: BGPAdvertisement): boolean =>
        named.has(one) &&
        table !== undefined &&
        attributesOf(table[familyOf(ip)], announcedPrefix(ip, one)) !== undefined;
      if (!advertisements.some(reaches)) continue;
      const known = told.get(service) ?? new Set<string>();
      for (const peer of peers) known.add(peer);
      told.set(service, known);
    }
  }
  return new Map([...told].map(([service, peers]) => [service, [...peers].toSorted()]));
}
