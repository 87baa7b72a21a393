// How long to wait before trying again: exponential, with full jitter, so that many who fail together do not return together.

/** A uniform time between the two. */
export interface Wait {
  readonly fromMs: number;
  readonly toMs: number;
}

const firstMs = 200;
/** Beyond it every cap is reached; it keeps 2^n small. */
const mostDoublings = 20;

export const longestBackOffMs = 30_000;

/** After `failures` failures in a row, 0 for the first: somewhere in 0..200 ms × 2^failures. */
export function backOff(failures: number, capMs = longestBackOffMs): Wait {
  return { fromMs: 0, toMs: Math.min(capMs, firstMs * 2 ** Math.min(failures, mostDoublings)) };
}

/** Not before the server wants to see us again, and up to a quarter later. */
export function notBefore(retryAfterMs: number, failures: number): Wait {
  const fromMs = Math.max(retryAfterMs, backOff(failures).toMs);
  return { fromMs, toMs: fromMs * 1.25 };
}
