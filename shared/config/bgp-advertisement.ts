// BGPAdvertisement: what can be judged of it from the configuration alone.
import type { BGPAdvertisementSpec } from '../api/bgp-advertisement.ts';
import type { Meta } from '../kube/objects/view.ts';
import type { Family } from '../net/ip.ts';
import { communityMessage, parseCommunityValue } from './community.ts';
import { metaOf, type ConfigObject } from './object.ts';
import { parsePoolSelection, type PoolPredicate } from './pool-selection.ts';
import { errorIn, type Parsed } from './problem.ts';
import { anyOf, compileSelectors, type LabelPredicate } from './selector.ts';

export interface BGPAdvertisement extends Meta {
  readonly selectsPool: PoolPredicate;
  readonly selectsNode: LabelPredicate;
  readonly selectsService: LabelPredicate;
  /** Names of BGPPeers; empty means all. */
  readonly peers: readonly string[];
  readonly localPref: number;
  readonly med: number | undefined;
  readonly asPathPrepend: number;
  /** Values, and names that a Community object defines. */
  readonly communities: readonly string[];
  /** Prefix length that addresses are announced with. */
  readonly aggregationLength: Readonly<Record<Family, number>>;
}

const defaultLocalPref = 100;

export function parseBGPAdvertisement(
  object: ConfigObject<BGPAdvertisementSpec>,
): Parsed<BGPAdvertisement | undefined> {
  if ('faults' in object) return { value: undefined, faults: object.faults };
  const { spec } = object;
  const pools = parsePoolSelection(spec);
  const nodes = compileSelectors(spec.nodeSelectors, 'spec.nodeSelectors');
  const services = compileSelectors(spec.serviceSelectors, 'spec.serviceSelectors');
  const communities = (spec.communities ?? []).flatMap((text, index) =>
    text.includes(':') && parseCommunityValue(text) === undefined
      ? [errorIn(`spec.communities[${index}]`, 'InvalidCommunity', communityMessage(text))]
      : [],
  );
  return {
    value: {
      ...metaOf(object),
      selectsPool: pools.value,
      selectsNode: anyOf(nodes.value),
      selectsService: anyOf(services.value),
      peers: spec.peers ?? [],
      localPref: spec.localPref ?? defaultLocalPref,
      med: spec.med,
      asPathPrepend: spec.asPathPrepend ?? 0,
      communities: spec.communities ?? [],
      aggregationLength: { IPv4: spec.aggregationLength, IPv6: spec.aggregationLengthV6 },
    },
    faults: [...pools.faults, ...nodes.faults, ...services.faults, ...communities],
  };
}
