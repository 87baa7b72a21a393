// Metrics that nobody reads.
import type { Metrics } from '#shared/runtime/metrics.ts';

const ignore = (): void => {};
const none = { add: ignore, remove: ignore, set: ignore, observe: ignore };

export const quietMetrics: Metrics = { counter: () => none, gauge: () => none, histogram: () => none };
