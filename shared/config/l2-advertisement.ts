// L2Advertisement as the speaker sees it.
import type { L2AdvertisementSpec } from '../api/l2-advertisement.ts';
import type { Meta } from '../kube/objects/view.ts';
import { metaOf, type ConfigObject } from './object.ts';
import { parsePoolSelection, type PoolPredicate } from './pool-selection.ts';
import type { Parsed } from './problem.ts';
import { anyOf, compileSelector, compileSelectors, type LabelPredicate } from './selector.ts';

export interface PreferredNodes {
  readonly weight: number;
  readonly matches: LabelPredicate;
}

export interface L2Advertisement extends Meta {
  readonly selectsPool: PoolPredicate;
  readonly selectsNode: LabelPredicate;
  readonly selectsService: LabelPredicate;
  /** Exact names; empty means any suitable interface. */
  readonly interfaces: readonly string[];
  readonly preferredNodes: readonly PreferredNodes[];
}

export function parseL2Advertisement(object: ConfigObject<L2AdvertisementSpec>): Parsed<L2Advertisement | undefined> {
  if ('faults' in object) return { value: undefined, faults: object.faults };
  const { spec } = object;
  const pools = parsePoolSelection(spec);
  const nodes = compileSelectors(spec.nodeSelectors, 'spec.nodeSelectors');
  const services = compileSelectors(spec.serviceSelectors, 'spec.serviceSelectors');
  const preferred = parsePreferredNodes(spec.preferredNodeSelectors ?? []);
  return {
    value: {
      ...metaOf(object),
      selectsPool: pools.value,
      selectsNode: anyOf(nodes.value),
      selectsService: anyOf(services.value),
      interfaces: spec.interfaces ?? [],
      preferredNodes: preferred.value,
    },
    faults: [...pools.faults, ...nodes.faults, ...services.faults, ...preferred.faults],
  };
}

/** The same preference may stand in several entries: their weights add up. */
function parsePreferredNodes(
  entries: NonNullable<L2AdvertisementSpec['preferredNodeSelectors']>,
): Parsed<readonly PreferredNodes[]> {
  const parsed = entries.map(({ weight, preference }, index) => {
    const { value: matches, faults } = compileSelector(preference, `spec.preferredNodeSelectors[${index}].preference`);
    return { value: matches === undefined ? [] : [{ weight, matches }], faults };
  });
  return { value: parsed.flatMap(({ value }) => value), faults: parsed.flatMap(({ faults }) => faults) };
}
