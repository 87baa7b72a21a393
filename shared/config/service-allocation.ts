// Which Services a pool serves (serviceAllocation of an IPAddressPool).
import type { IPAddressPoolSpec } from '../api/ip-address-pool.ts';
import type { StringMap } from '../kube/objects/view.ts';
import type { Parsed } from './problem.ts';
import { compileSelectors } from './selector.ts';

export interface ServiceAllocation {
  /** 1 is highest; Infinity stands for 0 and absent, which are lowest. */
  readonly priority: number;
  /**
   * What of the Service is not admitted: its namespace (by namespaces ∪ namespaceSelectors) or its labels (by serviceSelectors). Undefined when
   * the pool serves it. Without labels of its namespace a Service can only be admitted by the name of its namespace.
   */
  refuses(
    service: { readonly namespace: string; readonly labels: StringMap },
    namespaceLabels: StringMap | undefined,
  ): 'namespace' | 'selector' | undefined;
}

/** A list narrows when it was given, even if no entry of it is legal or matches anything. */
export function parseServiceAllocation(
  allocation: NonNullable<IPAddressPoolSpec['serviceAllocation']>,
): Parsed<ServiceAllocation> {
  const { priority = 0, namespaces = [], namespaceSelectors = [], serviceSelectors = [] } = allocation;
  const byNamespace = compileSelectors(namespaceSelectors, 'spec.serviceAllocation.namespaceSelectors');
  const byService = compileSelectors(serviceSelectors, 'spec.serviceAllocation.serviceSelectors');
  const named = new Set(namespaces);
  const anyNamespace = namespaces.length === 0 && namespaceSelectors.length === 0;
  const anyService = serviceSelectors.length === 0;
  return {
    value: {
      priority: priority > 0 ? priority : Infinity,
      refuses: ({ namespace, labels }, namespaceLabels) => {
        const admitsNamespace =
          anyNamespace ||
          named.has(namespace) ||
          (namespaceLabels !== undefined && byNamespace.value.some((matches) => matches(namespaceLabels)));
        if (!admitsNamespace) return 'namespace';
        return anyService || byService.value.some((matches) => matches(labels)) ? undefined : 'selector';
      },
    },
    faults: [...byNamespace.faults, ...byService.faults],
  };
}
