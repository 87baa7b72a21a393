// Conditions (meta/v1) of what is configured.
import type { Condition } from '../api/condition.ts';

/** A condition as it should be; since when is found out by comparing with what was written before. */
export type DesiredCondition = Omit<Condition, 'lastTransitionTime' | 'observedGeneration'>;

/** lastTransitionTime changes only together with the status. */
export function withTransitionTimes(
  desired: readonly DesiredCondition[],
  previous: readonly Condition[],
  wallMs: number,
): readonly Condition[] {
  return desired.map((condition) => {
    const before = previous.find(({ type, status }) => type === condition.type && status === condition.status);
    return { ...condition, lastTransitionTime: before?.lastTransitionTime ?? kubernetesTime(wallMs) };
  });
}

/** metav1.Time: whole seconds. */
export function kubernetesTime(wallMs: number): string {
  return new Date(wallMs).toISOString().replace(/\.[0-9]+Z$/, 'Z');
}
