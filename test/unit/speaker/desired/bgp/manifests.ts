// BGP configuration for tests, as an apiserver would send it and the programs parse it, and the inputs around it.
import type { BGPAdvertisement } from '#shared/config/bgp-advertisement.ts';
import type { BGPPeer } from '#shared/config/bgp-peer.ts';
import { communityValues } from '#shared/config/community.ts';
import { parseConfiguration } from '#shared/config/configuration.ts';
import type { EndpointSliceView } from '#shared/kube/objects/endpoint-slice.ts';
import type { Family } from '#shared/net/ip.ts';
import { formatCommunity } from '#speaker/bgp/community.ts';
import { families } from '#speaker/bgp/family.ts';
import { decodePrefix } from '#speaker/bgp/nlri.ts';
import { plainAttributes, type RouteAttributes } from '#speaker/bgp/route-attributes.ts';
import type { RouteTable } from '#speaker/bgp/route-table.ts';
import type { DesiredRoutes, RouteInputs } from '#speaker/desired/bgp/routes.ts';
import { sumEndpoints } from '#speaker/desired/service-endpoints.ts';
import { bgpAdvertisement, bgpPeer, byKey, community } from '../../../shared/config/objects.ts';
import { node, pool, slice } from '../../views.ts';

export function advertisements(
  ...specs: readonly (readonly [name: string, spec?: object])[]
): readonly BGPAdvertisement[] {
  const objects = specs.map(([name, spec = {}]) => bgpAdvertisement(name, spec));
  return parseConfiguration({ bgpAdvertisements: byKey(...objects) }, undefined).bgpAdvertisements;
}

/** Of 64513 to 64512 at 192.0.2.1, but for what is given; the later are the younger. */
export function peers(...specs: readonly (readonly [name: string, spec?: object])[]): readonly BGPPeer[] {
  const objects = specs.map(([name, spec = {}], created) =>
    bgpPeer(name, { myASN: 64_513, peerASN: 64_512, peerAddress: '192.0.2.1', ...spec }, { created }),
  );
  return parseConfiguration({ bgpPeers: byKey(...objects) }, undefined).bgpPeers;
}

/** `name=value …` in one Community object. */
export function aliases(text: string): RouteInputs['communities'] {
  const communities = text.split(' ').map((pair) => {
    const [name, value] = pair.split('=');
    return { name, value };
  });
  return communityValues(
    parseConfiguration({ communities: byKey(community('names', { communities })) }, undefined).communities,
  );
}

export interface RouteFields extends Omit<Partial<RouteInputs>, 'endpoints'> {
  readonly slices?: readonly EndpointSliceView[];
}

/** On n1 of two nodes; one pool, 192.0.2.0/24 and 2001:db8::/64; one advertisement of everything; peers `left` and `right`. */
export function routeInputs({ slices, ...fields }: RouteFields = {}): RouteInputs {
  const { services = [] } = fields;
  const everywhere = services.flatMap(({ name }) =>
    (['IPv4', 'IPv6'] as const).map((addressType) =>
      slice(name, { n1: { ready: 1 }, n2: { ready: 1 } }, { addressType }),
    ),
  );
  return {
    services,
    endpoints: sumEndpoints(slices ?? everywhere),
    pools: [pool('lan', ['192.0.2.0/24', '2001:db8::/64'])],
    thisNode: node('n1'),
    nodes: [node('n1'), node('n2')],
    ignoreExcludeLabel: false,
    advertisements: advertisements(['all']),
    communities: new Map(),
    peers: ['left', 'right'].map((name) => ({ name, linkBandwidthAsn: undefined })),
    nowMs: 0,
    drain: 'none',
    unsteady: new Set(),
    forwards: () => true,
    ...fields,
  };
}

/** `192.0.2.200/32` and what differs from plain attributes, as `med 5`. */
export function shown({ tables }: DesiredRoutes, peer = 'left'): readonly string[] {
  const table = tables.get(peer);
  return table === undefined ? ['no table'] : families.flatMap((family) => routesIn(family, table));
}

function routesIn(family: Family, table: RouteTable): readonly string[] {
  return table[family].chunks.flatMap(({ prefixes, sets }) =>
    prefixes.map((encoded, at) => {
      const { ip, prefixBits } = decodePrefix(family, encoded);
      return [`${ip}/${prefixBits}`, ...attributesShown(sets[at] ?? plainAttributes)].join(' ');
    }),
  );
}

function attributesShown(set: RouteAttributes): readonly string[] {
  const large = set.largeCommunities.map(
    (one) => `large:${one.globalAdministrator}:${one.localData1}:${one.localData2}`,
  );
  return [
    ...(set.localPref === plainAttributes.localPref ? [] : [`pref ${set.localPref}`]),
    ...(set.multiExitDisc === undefined ? [] : [`med ${set.multiExitDisc}`]),
    ...(set.asPathPrepend === 0 ? [] : [`prepend ${set.asPathPrepend}`]),
    ...set.communities.map(formatCommunity),
    ...set.extendedCommunities.map((extended) => extended.toString(16).padStart(16, '0')),
    ...large,
  ];
}

/** `web/shop 192.0.2.200 noEndpoints`. */
export function gates({ gated }: DesiredRoutes): readonly string[] {
  return gated.map(({ ip, service, gate }) => `${service.name} ${ip} ${gate}`);
}
