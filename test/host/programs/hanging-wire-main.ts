// A wire thread that runs for a moment and then hangs.
import assert from 'node:assert';
import { workerData } from 'node:worker_threads';
import { endProcessNow, watchEachOther } from '#speaker/host/mutual-watch.ts';
import type { WireThreadData } from '#speaker/host/wire-thread.ts';

const { counters } = workerData as WireThreadData;
watchEachOther(counters, 'wire', endProcessNow);
setTimeout(() => {
  for (;;) assert(counters.length > 0);
}, 500);
