// Ends of what was begun.
import type { Cancel } from '#shared/runtime/clock.ts';

/** Does it once, however often it is called. */
export function once(end: () => void): Cancel {
  let isOver = false;
  return () => {
    if (isOver) return;
    isOver = true;
    end();
  };
}
