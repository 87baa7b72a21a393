// The last line of every run: enough to tell two runs apart, and how near each bound was.
import type { Stage } from './stage.ts';

export function lastLine({ world, checkers, violations }: Stage, realMs: number): string {
  const { options, trace, scheduler, nowMs } = world;
  const bounds = [...checkers.worst].map(([bound, worst]) => `${bound}=${worst.value}/${worst.bound}`);
  return [
    `hash=${trace.hash}`,
    `seed=${options.seed}`,
    `virtual=${(nowMs / 1000).toFixed(3)}s`,
    `real=${(realMs / 1000).toFixed(2)}s`,
    `events=${scheduler.events}`,
    `violations=${violations.length}`,
    ...bounds,
  ].join(' ');
}
