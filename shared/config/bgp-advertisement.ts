// BGPAdvertisement: what can be judged of it from the configuration alone.
import type { BGPAdvertisementSpec } from '../api/bgp-advertisement.ts';
import type { Meta } from '../kube/objects/view.ts';
import type { Family } from '../net/ip.ts';
import { communityMessage, isCommunityValue } from './community.ts';
import { metaOf, type ConfigObject } from './object.ts';
import { parsePoolSelection, type PoolPredicate } from './pool-selection.ts';
import { errorIn, type Parsed } from './problem.ts';
import { compileSelectors } from './selector.ts';

export interface BGPAdvertisement extends Meta {
  readonly selectsPool: PoolPredicate;
  /** Prefix length that addresses are announced with. */
  readonly aggregationLength: Readonly<Record<Family, number>>;
}

export function parseBGPAdvertisement(
  object: ConfigObject<BGPAdvertisementSpec>,
): Parsed<BGPAdvertisement | undefined> {
  if ('faults' in object) return { value: undefined, faults: object.faults };
  const { spec } = object;
  const pools = parsePoolSelection(spec);
  const nodes = compileSelectors(spec.nodeSelectors, 'spec.nodeSelectors');
  const services = compileSelectors(spec.serviceSelectors, 'spec.serviceSelectors');
  const communities = (spec.communities ?? []).flatMap((text, index) =>
    text.includes(':') && !isCommunityValue(text)
      ? [errorIn(`spec.communities[${index}]`, 'InvalidCommunity', communityMessage(text))]
      : [],
  );
  return {
    value: {
      ...metaOf(object),
      selectsPool: pools.value,
      aggregationLength: { IPv4: spec.aggregationLength, IPv6: spec.aggregationLengthV6 },
    },
    faults: [...pools.faults, ...nodes.faults, ...services.faults, ...communities],
  };
}
