// Names of objects that do not exist. Only that reference fails; what else the object says holds.
import type { BGPAdvertisementSpec } from '../api/bgp-advertisement.ts';
import type { BGPPeerSpec } from '../api/bgp-peer.ts';
import type { ConfigObject } from './object.ts';
import { errorIn, problemOf, warningIn, type Fault, type Problem } from './problem.ts';
import { quoted } from './problem-text.ts';

/** The names that exist; undefined for a kind that this daemon does not read. */
export type Names = ReadonlySet<string> | undefined;

interface AdvertisementSpec {
  readonly ipAddressPools?: readonly string[] | undefined;
}

export function unknownPools(
  kind: string,
  advertisements: Iterable<ConfigObject<AdvertisementSpec>>,
  pools: Names,
): readonly Problem[] {
  return problemsOf(kind, advertisements, (spec) =>
    missing(spec.ipAddressPools, pools, 'spec.ipAddressPools', (field, name) =>
      warningIn(field, 'UnknownPool', `IPAddressPool ${name} does not exist: the name selects nothing`),
    ),
  );
}

export function unknownPeers(
  advertisements: Iterable<ConfigObject<BGPAdvertisementSpec>>,
  peers: Names,
): readonly Problem[] {
  return problemsOf('BGPAdvertisement', advertisements, (spec) =>
    missing(spec.peers, peers, 'spec.peers', (field, name) =>
      warningIn(field, 'UnknownPeer', `BGPPeer ${name} does not exist: the name selects nothing`),
    ),
  );
}

export function unknownCommunities(
  advertisements: Iterable<ConfigObject<BGPAdvertisementSpec>>,
  communities: Names,
): readonly Problem[] {
  return problemsOf('BGPAdvertisement', advertisements, (spec) =>
    missing(spec.communities, communities, 'spec.communities', (field, name) =>
      errorIn(field, 'UnknownCommunity', `no Community object defines ${name}: the community is left out`),
    ),
  );
}

export function unknownProfiles(peers: Iterable<ConfigObject<BGPPeerSpec>>, profiles: Names): readonly Problem[] {
  return problemsOf('BGPPeer', peers, ({ bfdProfile = '' }) =>
    bfdProfile === '' || profiles === undefined || profiles.has(bfdProfile)
      ? []
      : [
          warningIn(
            'spec.bfdProfile',
            'UnknownBFDProfile',
            `BFDProfile ${quoted(bfdProfile)} does not exist: the session runs without BFD`,
          ),
        ],
  );
}

function problemsOf<Spec>(
  kind: string,
  objects: Iterable<ConfigObject<Spec>>,
  faultsOf: (spec: Spec) => readonly Fault[],
): readonly Problem[] {
  return [...objects].flatMap((object) =>
    'spec' in object ? faultsOf(object.spec).map((fault) => problemOf(kind, object, fault)) : [],
  );
}

/** What holds a colon (a community's value) is no name. */
function missing(
  names: readonly string[] | undefined,
  known: Names,
  field: string,
  fault: (field: string, name: string) => Fault,
): readonly Fault[] {
  if (known === undefined) return [];
  return (names ?? []).flatMap((name, index) =>
    known.has(name) || name.includes(':') ? [] : [fault(`${field}[${index}]`, quoted(name))],
  );
}
