// The two conditions that the controller keeps on a Service.
import type { ServiceCondition, ServiceView } from '#shared/kube/objects/service.ts';
import type { Assignment } from '../allocation/assignment.ts';
import type { PoolSpace } from '../allocation/pool-space.ts';

export const allocatedCondition = 'ingot.dev/Allocated';
export const announcedCondition = 'ingot.dev/Announced';

const allocatedFrom = new WeakMap<PoolSpace, ServiceCondition>();

/** Undefined when there is nothing to say: a Service that is being deleted and holds nothing. */
export function allocatedConditionOf({ space, refusal }: Assignment): ServiceCondition | undefined {
  const type = allocatedCondition;
  if (refusal !== undefined)
    return { type, status: refusal.reason === 'PartiallyAllocated' ? 'True' : 'False', ...refusal };
  if (space === undefined) return undefined;
  const known = allocatedFrom.get(space);
  if (known !== undefined) return known;
  const condition = { type, status: 'True', reason: 'Allocated', message: `from pool ${space.pool.name}` } as const;
  allocatedFrom.set(space, condition);
  return condition;
}

export function conditionOf({ conditions }: ServiceView, type: string): ServiceCondition | undefined {
  return conditions.find((condition) => condition.type === type);
}

export function isSameCondition(a: ServiceCondition | undefined, b: ServiceCondition | undefined): boolean {
  return a === b || (a?.status === b?.status && a?.reason === b?.reason && a?.message === b?.message);
}
