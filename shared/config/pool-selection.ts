// Which pools an advertisement is about: by name and by labels, united.
import type { Selector } from '../api/selector.ts';
import type { StringMap } from '../kube/objects/view.ts';
import type { Parsed } from './problem.ts';
import { compileSelectors } from './selector.ts';

export type PoolPredicate = (pool: { readonly name: string; readonly labels: StringMap }) => boolean;

/** An advertisement that names none and selects none takes all pools. */
export function parsePoolSelection(spec: {
  readonly ipAddressPools?: readonly string[] | undefined;
  readonly ipAddressPoolSelectors?: readonly Selector[] | undefined;
}): Parsed<PoolPredicate> {
  const { ipAddressPools = [], ipAddressPoolSelectors = [] } = spec;
  const named = new Set(ipAddressPools);
  const selected = compileSelectors(ipAddressPoolSelectors, 'spec.ipAddressPoolSelectors');
  const all = ipAddressPools.length === 0 && ipAddressPoolSelectors.length === 0;
  return {
    value: ({ name, labels }) => all || named.has(name) || selected.value.some((matches) => matches(labels)),
    faults: selected.faults,
  };
}
