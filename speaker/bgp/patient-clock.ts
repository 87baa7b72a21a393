// A clock whose timers, when they run late, let the thread first read what waits in its sockets: a peer that has kept its word while this
// thread did not run must not be taken for a silent one (spec/bgp §3, `gap`).
import type { Clock } from '#shared/runtime/clock.ts';

const lateMs = 250;
/** Turns of the event loop enough to read every socket. */
const readingMs = 50;

export function patientClock(clock: Clock): Clock {
  return {
    nowMs: () => clock.nowMs(),
    wallMs: () => clock.wallMs(),
    after(delayMs, callback) {
      const dueMs = clock.nowMs() + delayMs;
      let cancel = clock.after(delayMs, () => {
        if (clock.nowMs() - dueMs <= lateMs) callback();
        else cancel = clock.after(readingMs, callback);
      });
      return () => cancel();
    },
  };
}
