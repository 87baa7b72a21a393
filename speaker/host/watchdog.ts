// Judges whether the other thread still runs, by a counter that it moves (pure). Silence counts only while the judge itself ran: a process that
// was stopped, or a machine that was frozen, must not kill itself on waking.

/** How often a thread moves its counter and looks at the other's. */
export const beatMs = 100;
/** An own turn that starts this late starts the count anew. */
const ownGapMs = 1000;
/** A thread that has not beaten yet may still be loading. */
const loadLimitMs = 30_000;

export interface Watchdog {
  readonly limitMs: number;
  readonly counter: bigint;
  /** Since when the counter stands still, as far as the judge can tell. */
  readonly sinceMs: number;
  readonly lookedMs: number;
}

/** `counter` is 0 before the first beat. */
export function newWatchdog(limitMs: number, counter: bigint, nowMs: number): Watchdog {
  return { limitMs, counter, sinceMs: nowMs, lookedMs: nowMs };
}

/** To be called each `beatMs` with the other's counter. */
export function look(watchdog: Watchdog, counter: bigint, nowMs: number): Watchdog {
  const overslept = nowMs - watchdog.lookedMs - beatMs > ownGapMs;
  const sinceMs = overslept || counter !== watchdog.counter ? nowMs : watchdog.sinceMs;
  return { ...watchdog, counter, sinceMs, lookedMs: nowMs };
}

export function isSilent({ limitMs, counter, sinceMs, lookedMs }: Watchdog): boolean {
  return lookedMs - sinceMs > (counter === 0n ? loadLimitMs : limitMs);
}
