// The whole configuration: what is in force, and everything that is wrong with it as far as the configuration alone can tell.
import type { BFDProfileSpec } from '../api/bfd-profile.ts';
import type { BGPAdvertisementSpec } from '../api/bgp-advertisement.ts';
import type { BGPPeerSpec } from '../api/bgp-peer.ts';
import type { CommunitySpec } from '../api/community.ts';
import type { IPAddressPoolSpec } from '../api/ip-address-pool.ts';
import type { L2AdvertisementSpec } from '../api/l2-advertisement.ts';
import type { ObjectKey } from '../kube/objects/view.ts';
import { aggregationProblems } from './aggregation.ts';
import { parseBFDProfile, type BFDProfile } from './bfd-profile.ts';
import { parseBGPAdvertisement, type BGPAdvertisement } from './bgp-advertisement.ts';
import { parseBGPPeer, peerConflicts, type BGPPeer } from './bgp-peer.ts';
import { communityConflicts, parseCommunity, type CommunityAliases } from './community.ts';
import { parseL2Advertisement, type L2Advertisement } from './l2-advertisement.ts';
import type { ConfigObject } from './object.ts';
import { poolOverlaps } from './pool-overlap.ts';
import { parsePool, type Pool } from './pool.ts';
import { problemOf, type Problem } from './problem.ts';
import { unknownCommunities, unknownPeers, unknownPools, unknownProfiles, type Names } from './references.ts';
import { inForce, parseVersions, type ConfigKind, type Versions } from './versions.ts';

type Objects<Spec> = ReadonlyMap<ObjectKey, ConfigObject<Spec>>;

/** A daemon leaves out the kinds that it does not read or does not know yet, and gets no problems about them. */
export interface ConfigurationObjects {
  readonly pools?: Objects<IPAddressPoolSpec> | undefined;
  readonly l2Advertisements?: Objects<L2AdvertisementSpec> | undefined;
  readonly bgpAdvertisements?: Objects<BGPAdvertisementSpec> | undefined;
  readonly bgpPeers?: Objects<BGPPeerSpec> | undefined;
  readonly bfdProfiles?: Objects<BFDProfileSpec> | undefined;
  readonly communities?: Objects<CommunitySpec> | undefined;
}

export interface Configuration {
  /** In the order of their names. */
  readonly pools: readonly Pool[];
  readonly l2Advertisements: readonly L2Advertisement[];
  readonly bgpAdvertisements: readonly BGPAdvertisement[];
  readonly bgpPeers: readonly BGPPeer[];
  readonly bfdProfiles: readonly BFDProfile[];
  readonly communities: readonly CommunityAliases[];
  /** Errors first. */
  readonly problems: readonly Problem[];
  /** What the next version is parsed against. */
  readonly versions: ConfigurationVersions;
}

interface ConfigurationVersions {
  readonly pools: Versions<IPAddressPoolSpec, Pool> | undefined;
  readonly l2Advertisements: Versions<L2AdvertisementSpec, L2Advertisement> | undefined;
  readonly bgpAdvertisements: Versions<BGPAdvertisementSpec, BGPAdvertisement> | undefined;
  readonly bgpPeers: Versions<BGPPeerSpec, BGPPeer> | undefined;
  readonly bfdProfiles: Versions<BFDProfileSpec, BFDProfile> | undefined;
  readonly communities: Versions<CommunitySpec, CommunityAliases> | undefined;
}

const poolKind: ConfigKind<IPAddressPoolSpec, Pool> = {
  kind: 'IPAddressPool',
  parse: parsePool,
  toleratesErrors: true,
};
const l2AdvertisementKind = lastGood('L2Advertisement', parseL2Advertisement);
const bgpAdvertisementKind = lastGood('BGPAdvertisement', parseBGPAdvertisement);
const bgpPeerKind = lastGood('BGPPeer', parseBGPPeer);
const bfdProfileKind = lastGood('BFDProfile', parseBFDProfile);
const communityKind = lastGood('Community', parseCommunity);

/** Returns `previous` itself when no object changed; objects that did not change keep their parsed form. */
export function parseConfiguration(objects: ConfigurationObjects, previous: Configuration | undefined): Configuration {
  const past = previous?.versions;
  const versions: ConfigurationVersions = {
    pools: objects.pools && parseVersions(poolKind, objects.pools, past?.pools),
    l2Advertisements:
      objects.l2Advertisements && parseVersions(l2AdvertisementKind, objects.l2Advertisements, past?.l2Advertisements),
    bgpAdvertisements:
      objects.bgpAdvertisements &&
      parseVersions(bgpAdvertisementKind, objects.bgpAdvertisements, past?.bgpAdvertisements),
    bgpPeers: objects.bgpPeers && parseVersions(bgpPeerKind, objects.bgpPeers, past?.bgpPeers),
    bfdProfiles: objects.bfdProfiles && parseVersions(bfdProfileKind, objects.bfdProfiles, past?.bfdProfiles),
    communities: objects.communities && parseVersions(communityKind, objects.communities, past?.communities),
  };
  if (previous !== undefined && isSame(versions, previous.versions)) return previous;
  const pools = inForce(versions.pools);
  const problems = [...ownProblems(versions), ...poolOverlaps(pools), ...crossProblems(versions, pools)];
  return {
    pools,
    l2Advertisements: inForce(versions.l2Advertisements),
    bgpAdvertisements: inForce(versions.bgpAdvertisements),
    bgpPeers: inForce(versions.bgpPeers),
    bfdProfiles: inForce(versions.bfdProfiles),
    communities: inForce(versions.communities),
    problems: problems.toSorted((a, b) => Number(a.severity === 'warning') - Number(b.severity === 'warning')),
    versions,
  };
}

function lastGood<Spec, Value>(kind: string, parse: ConfigKind<Spec, Value>['parse']): ConfigKind<Spec, Value> {
  return { kind, parse, toleratesErrors: false };
}

function isSame(a: ConfigurationVersions, b: ConfigurationVersions): boolean {
  return (
    a.pools === b.pools &&
    a.l2Advertisements === b.l2Advertisements &&
    a.bgpAdvertisements === b.bgpAdvertisements &&
    a.bgpPeers === b.bgpPeers &&
    a.bfdProfiles === b.bfdProfiles &&
    a.communities === b.communities
  );
}

/** What is wrong inside each object. */
function ownProblems(versions: ConfigurationVersions): readonly Problem[] {
  return [
    ...problemsOfKind(poolKind.kind, versions.pools),
    ...problemsOfKind(l2AdvertisementKind.kind, versions.l2Advertisements),
    ...problemsOfKind(bgpAdvertisementKind.kind, versions.bgpAdvertisements),
    ...problemsOfKind(bgpPeerKind.kind, versions.bgpPeers),
    ...problemsOfKind(bfdProfileKind.kind, versions.bfdProfiles),
    ...problemsOfKind(communityKind.kind, versions.communities),
  ];
}

/** What is wrong between objects. */
function crossProblems(versions: ConfigurationVersions, pools: readonly Pool[]): readonly Problem[] {
  const poolNames = namesOf(versions.pools);
  const bgpAdvertisements = objectsOf(versions.bgpAdvertisements);
  const communities = inForce(versions.communities);
  const communityNames =
    versions.communities && new Set(communities.flatMap(({ aliases }) => aliases.map(({ name }) => name)));
  return [
    ...unknownPools(l2AdvertisementKind.kind, objectsOf(versions.l2Advertisements), poolNames),
    ...unknownPools(bgpAdvertisementKind.kind, bgpAdvertisements, poolNames),
    ...unknownPeers(bgpAdvertisements, namesOf(versions.bgpPeers)),
    ...unknownCommunities(bgpAdvertisements, communityNames),
    ...unknownProfiles(objectsOf(versions.bgpPeers), namesOf(versions.bfdProfiles)),
    ...aggregationProblems(inForce(versions.bgpAdvertisements), pools),
    ...peerConflicts(inForce(versions.bgpPeers)),
    ...communityConflicts(communities),
  ];
}

function problemsOfKind(kind: string, versions: Versions<unknown, unknown> | undefined): readonly Problem[] {
  return [...(versions?.values() ?? [])].flatMap(({ object, faults }) =>
    faults.map((fault) => problemOf(kind, object, fault)),
  );
}

function objectsOf<Spec>(versions: Versions<Spec, unknown> | undefined): readonly ConfigObject<Spec>[] {
  return [...(versions?.values() ?? [])].map(({ object }) => object);
}

function namesOf(versions: Versions<unknown, unknown> | undefined): Names {
  return versions && new Set(objectsOf(versions).map(({ name }) => name));
}
