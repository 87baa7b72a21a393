// Conditions of an IPAddressPool: Ready (all of it can be used) and Conflict (another pool holds the same addresses).
import { longestConditionMessage } from '../api/condition.ts';
import type { DesiredCondition } from './condition.ts';
import type { Problem } from './problem.ts';
import { faultLine, summary } from './problem-text.ts';

/** Reasons of Ready, the most telling first; the problems of the first one that occurs lead the message. */
const unusable = ['InvalidAddresses', 'InvalidSelector', 'InvalidSpec'];
const doubtful = ['OverlapsNodeAddress', 'OverlapsServiceCIDR'];
const conflicting = 'AddressOverlap';

/** `problems` are those of one pool. */
export function poolConditions(problems: readonly Problem[]): readonly DesiredCondition[] {
  return [readyCondition(problems), conflictCondition(problems.filter(({ reason }) => reason === conflicting))];
}

function readyCondition(problems: readonly Problem[]): DesiredCondition {
  const errors = byReason(problems, unusable);
  const [first = byReason(problems, doubtful)[0]] = errors;
  if (first === undefined)
    return { type: 'Ready', status: 'True', reason: 'Ready', message: 'every entry can be used' };
  const shown = errors.length > 0 ? errors : byReason(problems, doubtful);
  return {
    type: 'Ready',
    status: errors.length > 0 ? 'False' : 'True',
    // To the API there are two ways to be wrong; a spec that is no spec at all has no usable addresses either.
    reason: first.reason === 'InvalidSpec' ? 'InvalidAddresses' : first.reason,
    message: summary(shown.map(faultLine), longestConditionMessage),
  };
}

function conflictCondition(conflicts: readonly Problem[]): DesiredCondition {
  if (conflicts.length === 0) return { type: 'Conflict', status: 'False', reason: 'NoOverlap', message: '' };
  const message = summary(
    conflicts.map((conflict) => conflict.message),
    longestConditionMessage,
  );
  return { type: 'Conflict', status: 'True', reason: conflicting, message };
}

function byReason(problems: readonly Problem[], reasons: readonly string[]): readonly Problem[] {
  return reasons.flatMap((reason) => problems.filter((problem) => problem.reason === reason));
}
