// How many writes may be in flight: as many as the apiserver answers quickly. Doubles with each round of quick answers until the first trouble,
// grows by one a round from then on, halves on trouble.

export interface WindowLimits {
  readonly least: number;
  readonly most: number;
}

export interface WriteWindow {
  readonly size: number;
  /** It was too large once. Until then it grows with each quick answer, afterwards with each round of them. */
  readonly isTried: boolean;
  /** Quick answers since it grew. */
  readonly quick: number;
  /** Answers still to come to what was sent before it was halved: they tell nothing new. */
  readonly stale: number;
  /** Averages of the answers' times over about 8 and about 128 answers; undefined before the first. */
  readonly recentMs: number | undefined;
  readonly usualMs: number | undefined;
}

/** Faster than this is quick, whatever is usual. */
const quickMs = 20;
const recentWeight = 1 / 8;
const usualWeight = 1 / 128;

export function newWindow({ least }: WindowLimits): WriteWindow {
  return { size: least, isTried: false, quick: 0, stale: 0, recentMs: undefined, usualMs: undefined };
}

export function afterAnswer(window: WriteWindow, limits: WindowLimits, tookMs: number): WriteWindow {
  const recentMs = average(window.recentMs, tookMs, recentWeight);
  const usualMs = average(window.usualMs, tookMs, usualWeight);
  const next: WriteWindow = { ...window, recentMs, usualMs };
  if (window.stale > 0) return { ...next, stale: window.stale - 1 };
  if (recentMs > Math.max(quickMs, 2 * usualMs)) return halved(next, limits);
  if (window.isTried && window.quick + 1 < window.size) return { ...next, quick: window.quick + 1 };
  return { ...next, size: Math.min(limits.most, window.size + 1), quick: 0 };
}

/** 429, 5xx, or no answer. */
export function afterTrouble(window: WriteWindow, limits: WindowLimits): WriteWindow {
  return window.stale > 0 ? { ...window, stale: window.stale - 1 } : halved(window, limits);
}

function halved(window: WriteWindow, { least }: WindowLimits): WriteWindow {
  return {
    ...window,
    size: Math.max(least, Math.floor(window.size / 2)),
    isTried: true,
    quick: 0,
    stale: window.size - 1,
  };
}

function average(before: number | undefined, value: number, weight: number): number {
  return before === undefined ? value : before + (value - before) * weight;
}
