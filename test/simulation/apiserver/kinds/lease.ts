// What the apiserver refuses in a Lease (coordination.k8s.io/v1).
import { fieldsOf, type Fields } from '../object.ts';

export function leaseProblems({ spec }: Fields): readonly string[] {
  const { leaseDurationSeconds, leaseTransitions } = fieldsOf(spec);
  const problems: string[] = [];
  if (typeof leaseDurationSeconds === 'number' && leaseDurationSeconds <= 0) {
    problems.push('spec.leaseDurationSeconds: Invalid value: must be greater than 0');
  }
  if (typeof leaseTransitions === 'number' && leaseTransitions < 0) {
    problems.push('spec.leaseTransitions: Invalid value: must be greater than or equal to 0');
  }
  return problems;
}
