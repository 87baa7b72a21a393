// Two speakers of one node (an update that starts the new one first) must not run BGP at once: with graceful restart each new connection would
// throw out the other's session. Injected: Linux, or a played node.
import type { Cancel } from '#shared/runtime/clock.ts';

export interface NodeLock {
  /**
   * Calls back once the lock is this program's; never before this call has returned. The answer gives the lock back, or stops waiting for it.
   * What ends without giving it back has lost it.
   */
  take(taken: () => void): Cancel;
}
