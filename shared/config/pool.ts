// IPAddressPool as the allocator sees it.
import type { IPAddressPoolSpec } from '../api/ip-address-pool.ts';
import type { Meta, StringMap } from '../kube/objects/view.ts';
import { parseRange, type Range } from '../net/range.ts';
import { metaOf, type ConfigObject } from './object.ts';
import { errorIn, type Fault, type Parsed } from './problem.ts';
import { faultLine, quoted } from './problem-text.ts';
import { parseServiceAllocation, type ServiceAllocation } from './service-allocation.ts';

export interface Pool extends Meta {
  readonly labels: StringMap;
  readonly autoAssign: boolean;
  readonly avoidBuggyIPs: boolean;
  readonly serviceAllocation: ServiceAllocation | undefined;
  /** In spec order, as written but for masked host bits; entries that do not parse are left out. */
  readonly ranges: readonly Range[];
  /** Something of it did not parse: it gives nothing new and keeps what it gave. */
  readonly frozen: string | undefined;
}

/** There is always a pool, if need be a frozen one: a typing error must not take addresses from running Services. */
export function parsePool(object: ConfigObject<IPAddressPoolSpec>): Parsed<Pool> {
  const meta = { ...metaOf(object), labels: object.labels };
  if ('faults' in object) {
    const empty = { autoAssign: false, avoidBuggyIPs: false, serviceAllocation: undefined, ranges: [] };
    return { value: { ...meta, ...empty, frozen: frozenBy(object.faults) }, faults: object.faults };
  }
  const { autoAssign, avoidBuggyIPs } = object.spec;
  const addresses = parseAddresses(object.spec.addresses);
  const allocation = object.spec.serviceAllocation && parseServiceAllocation(object.spec.serviceAllocation);
  const faults = [...addresses.faults, ...(allocation?.faults ?? [])];
  return {
    value: {
      ...meta,
      autoAssign,
      avoidBuggyIPs,
      serviceAllocation: allocation?.value,
      ranges: addresses.value,
      frozen: frozenBy(faults),
    },
    faults,
  };
}

function parseAddresses(addresses: readonly string[]): Parsed<readonly Range[]> {
  const value: Range[] = [];
  const faults: Fault[] = [];
  for (const [index, text] of addresses.entries()) {
    const range = parseRange(text);
    if ('error' in range) {
      faults.push(errorIn(`spec.addresses[${index}]`, 'InvalidAddresses', `${quoted(text)} ${range.error}`));
    } else {
      value.push(range);
    }
  }
  return { value, faults };
}

function frozenBy(faults: readonly Fault[]): string | undefined {
  const [first, ...more] = faults;
  if (first === undefined) return undefined;
  return more.length === 0 ? faultLine(first) : `${faultLine(first)} (and ${more.length} more)`;
}
