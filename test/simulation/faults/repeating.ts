// Something that happens again and again while a fault lasts.
import type { Cancel } from '#shared/runtime/clock.ts';
import type { Scheduler } from '../time/scheduler.ts';

/** At once, and then each so often, until the answer is called. */
export function repeating(scheduler: Scheduler, gapMs: () => number, work: () => void): Cancel {
  let next: Cancel;
  const again = (): void => {
    work();
    next = scheduler.after(gapMs() * 1000, again);
  };
  again();
  return () => next();
}
