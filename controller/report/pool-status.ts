// What the status of an IPAddressPool should say: how much of it is in use, and whether it is usable.
import type { IPAddressPoolStatus } from '#shared/api/ip-address-pool.ts';
import { withTransitionTimes } from '#shared/config/condition.ts';
import { poolConditions } from '#shared/config/pool-conditions.ts';
import type { Problem } from '#shared/config/problem.ts';
import { deepEqual } from '#shared/runtime/equal.ts';
import type { PoolUsage } from '../allocation/usage.ts';
import type { PoolView } from '../pool-view.ts';

/** `problems` are those of this pool. Transition times are kept from the status as it is. */
export function poolStatus(
  { config, status }: PoolView,
  { families }: PoolUsage,
  problems: readonly Problem[],
  wallMs: number,
): IPAddressPoolStatus {
  const conditions = withTransitionTimes(poolConditions(problems), status?.conditions ?? [], wallMs);
  return {
    assignedIPv4: families.IPv4.assigned,
    assignedIPv6: families.IPv6.assigned,
    availableIPv4: families.IPv4.available,
    availableIPv6: families.IPv6.available,
    conditions: conditions.map((condition) => ({ ...condition, observedGeneration: config.generation })),
  };
}

/** Whether they say the same; when a condition turned is no part of it. */
export function isSamePoolStatus(a: IPAddressPoolStatus | undefined, b: IPAddressPoolStatus): boolean {
  return a !== undefined && deepEqual(withoutTimes(a), withoutTimes(b));
}

function withoutTimes(status: IPAddressPoolStatus): object {
  return { ...status, conditions: (status.conditions ?? []).map((each) => ({ ...each, lastTransitionTime: '' })) };
}
