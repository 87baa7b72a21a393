// For tests: a run without a violation, or an error that says all that there is to say.
import { reportOf } from './report.ts';
import type { Stage } from './stage.ts';

export function expectFine(stage: Stage, command: string): void {
  const [violation] = stage.violations;
  if (violation !== undefined) throw new Error(reportOf(violation, stage, command).join('\n'));
}
