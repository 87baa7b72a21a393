// Status of the ConfigurationState that a daemon writes about itself.
import type { Condition } from '../api/condition.ts';
import { longestConditionMessage } from '../api/condition.ts';
import { longestErrorSummary, type ConfigurationStateStatus } from '../api/configuration-state.ts';
import { withTransitionTimes, type DesiredCondition } from './condition.ts';
import { hasErrors, type Problem } from './problem.ts';
import { problemLine, summary } from './problem-text.ts';

/** MetalLB's condition of each daemon. */
const conditionTypes = { controller: 'poolReconcilerValid', speaker: 'configReconcilerValid' } as const;

interface DaemonState {
  readonly daemon: keyof typeof conditionTypes;
  /** Errors first. Undefined before the configuration was read for the first time. */
  readonly problems: readonly Problem[] | undefined;
  /** Conditions beyond that of the configuration. */
  readonly conditions: readonly DesiredCondition[];
}

/** `previous` are the conditions as they were last written or read. Warnings alone leave the result Valid, and are listed. */
export function configurationStateStatusOf(
  { daemon, problems, conditions }: DaemonState,
  previous: readonly Condition[],
  wallMs: number,
): ConfigurationStateStatus {
  if (problems === undefined) {
    return { result: 'Unknown', errorSummary: '', conditions: withTransitionTimes(conditions, previous, wallMs) };
  }
  const valid = !hasErrors(problems);
  const lines = problems.map(problemLine);
  const reconciled: DesiredCondition = {
    type: conditionTypes[daemon],
    status: valid ? 'True' : 'False',
    reason: valid ? 'Reconciled' : 'ConfigurationError',
    message: summary(lines, longestConditionMessage),
  };
  return {
    result: valid ? 'Valid' : 'Invalid',
    errorSummary: summary(lines, longestErrorSummary),
    conditions: withTransitionTimes([reconciled, ...conditions], previous, wallMs),
  };
}
