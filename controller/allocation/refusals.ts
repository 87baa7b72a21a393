// Why a Service does not get what it asks for: reasons and messages of the condition ingot.dev/Allocated and of Events.
import { quoted } from '#shared/config/problem-text.ts';
import type { ObjectKey } from '#shared/kube/objects/view.ts';
import type { Family } from '#shared/net/ip.ts';
import type { Address } from './address.ts';

export interface Refusal {
  readonly reason:
    | 'NoPools'
    | 'NoMatchingPool'
    | 'PoolExhausted'
    | 'NoFamilyInPool'
    | 'UnknownPool'
    | 'PoolNotAllowed'
    | 'AddressNotInPool'
    | 'PoolMismatch'
    | 'FamilyMismatch'
    | 'InvalidRequest'
    | 'AddressInUse'
    | 'NotEnoughClusterIPs'
    | 'InvalidClusterIPs'
    | 'PoolFrozen'
    | 'DuplicateAddress'
    /** It has an address of one family and would like both. */
    | 'PartiallyAllocated';
  readonly message: string;
}

/** How many pools a message names. */
export const mostNamed = 5;

export function noPools(namespace: string): Refusal {
  return { reason: 'NoPools', message: `no IPAddressPool exists in namespace ${namespace}` };
}

export function noMatchingPool(pools: readonly { readonly name: string; readonly why: string }[]): Refusal {
  const named = pools.slice(0, mostNamed).map(({ name, why }) => `${name}: ${why}`);
  return { reason: 'NoMatchingPool', message: `no pool admits the Service (${named.join(', ')})` };
}

/** What a pool has none left of. */
export interface Shortage {
  readonly pool: string;
  readonly families: readonly { readonly family: Family; readonly capacity: number }[];
}

/** `only`: the Service asks for this one pool. */
export function poolExhausted(shortages: readonly Shortage[], only: string | undefined): Refusal {
  const free = ({ families }: Shortage): string =>
    families.map(({ family, capacity }) => `free 0 of ${capacity} ${family}`).join(', ');
  const named = shortages.slice(0, mostNamed);
  const message =
    only === undefined
      ? `no available IPs: ${named.map((shortage) => `pool ${shortage.pool} ${free(shortage)}`).join('; ')}`
      : `no available IPs in pool ${only}: ${named.map(free).join()}`;
  return { reason: 'PoolExhausted', message };
}

export function noFamilyInPool(families: readonly Family[]): Refusal {
  const wanted = families.length > 1 ? 'dual' : families.join();
  return { reason: 'NoFamilyInPool', message: `no suitable pool for ${wanted} IPFamily` };
}

export function unknownPool(pool: string): Refusal {
  return { reason: 'UnknownPool', message: `unknown pool ${quoted(pool)}` };
}

export function poolNotAllowed(pool: string, constraint: string): Refusal {
  return { reason: 'PoolNotAllowed', message: `pool ${pool} not compatible for ip assignment: ${constraint}` };
}

export function addressNotInPool(addresses: readonly Address[]): Refusal {
  return { reason: 'AddressNotInPool', message: `${quotedList(addresses)} is not allowed in config` };
}

export function poolMismatch(addresses: readonly Address[], pool: string): Refusal {
  const message = `requested loadBalancer IP(s) ${plainList(addresses)} is not compatible with requested address pool ${pool}`;
  return { reason: 'PoolMismatch', message };
}

export function familyMismatch(addresses: readonly Address[]): Refusal {
  const message = `requested loadBalancer IP(s) ${plainList(addresses)} does not match the ipFamily of the service`;
  return { reason: 'FamilyMismatch', message };
}

export function invalidAddresses(why: string): Refusal {
  return { reason: 'InvalidRequest', message: `invalid requested loadbalancer IPs: ${why}` };
}

export const twoRequests: Refusal = {
  reason: 'InvalidRequest',
  message: 'service can not have both metallb.io/loadBalancerIPs and svc.Spec.LoadBalancerIP',
};

export function addressInUse(address: Address, by: ObjectKey, why: string): Refusal {
  return { reason: 'AddressInUse', message: `address ${address.ip} in use by ${by}: ${why}` };
}

export function notEnoughClusterIPs(clusterIPs: readonly string[]): Refusal {
  const message = `Service requires dual stack but not enough clusterips [${clusterIPs.join(' ')}]`;
  return { reason: 'NotEnoughClusterIPs', message };
}

export function invalidClusterIPs(clusterIPs: readonly string[]): Refusal {
  const message = `clusterIPs [${clusterIPs.join(' ')}] are neither one address nor one of each family`;
  return { reason: 'InvalidClusterIPs', message };
}

export function poolFrozen(pool: string, fault: string): Refusal {
  return { reason: 'PoolFrozen', message: `pool ${pool} has an error and gives no addresses: ${fault}` };
}

export function duplicateAddress(address: Address, by: ObjectKey): Refusal {
  return { reason: 'DuplicateAddress', message: `address ${address.ip} is held by the older Service ${by}` };
}

export function partiallyAllocated(missing: readonly Family[], why: Refusal): Refusal {
  return { reason: 'PartiallyAllocated', message: `no ${missing.join(' and ')} address: ${why.message}` };
}

/** As `["198.51.100.1" "2001:db8::1"]`. */
export function quotedList(addresses: readonly { readonly ip: string }[]): string {
  return `[${addresses.map(({ ip }) => `"${ip}"`).join(' ')}]`;
}

function plainList(addresses: readonly Address[]): string {
  return `[${addresses.map(({ ip }) => ip).join(' ')}]`;
}
