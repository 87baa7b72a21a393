// What a Service's annotations say. MetalLB's former prefix counts where the present one is absent; present but empty is a word too.
import type { ServiceView } from '#shared/kube/objects/service.ts';

const prefix = 'metallb.io/';
const legacyPrefix = 'metallb.universe.tf/';

const readNames = ['address-pool', 'loadBalancerIPs', 'allow-shared-ip'] as const;

/** Written by the controller: the pool that the addresses are from. */
export const allocatedFromPool = `${prefix}ip-allocated-from-pool`;
export const legacyAllocatedFromPool = `${legacyPrefix}ip-allocated-from-pool`;

/** Empty when absent. */
export function annotationOf(service: ServiceView, name: (typeof readNames)[number]): string {
  return service.annotations[prefix + name] ?? service.annotations[legacyPrefix + name] ?? '';
}

/** Annotations that were read under their former name. */
export function deprecatedAnnotations({ annotations }: ServiceView): readonly string[] {
  return readNames
    .filter((name) => annotations[prefix + name] === undefined && annotations[legacyPrefix + name] !== undefined)
    .map((name) => legacyPrefix + name);
}
