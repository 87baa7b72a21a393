// The real clock and the real randomness. Only main programs build them.
import { randomInt } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import type { Clock } from './clock.ts';
import type { Random } from './random.ts';

/** setTimeout counts in a signed 32-bit integer: longer delays are chained. */
const longestDelayMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  after(delayMs, callback) {
    const deadlineMs = performance.now() + delayMs;
    let timer: NodeJS.Timeout;
    const arm = (): void => {
      timer = setTimeout(fire, Math.min(Math.max(0, deadlineMs - performance.now()), longestDelayMs));
    };
    // Node fires some timers up to 1 ms early; nothing here may see its deadline before it has come.
    const fire = (): void => (performance.now() < deadlineMs ? arm() : callback());
    arm();
    return () => clearTimeout(timer);
  },
};

export const systemRandom: Random = { next32: () => randomInt(2 ** 32) };
