// Each thread watches the other. A speaker of which one thread hangs is worse than one that has ended: its node would keep addresses that it
// cannot serve, or lose them without knowing.
import { beat, lastBeat, type SharedCounters, type ThreadName } from './shared-counters.ts';
import { beatMs, isSilent, look, newWatchdog } from './watchdog.ts';

/** How long the other thread may be silent. The cluster thread parses and plans; the wire thread never works long in one turn. */
const silenceLimitMs: Readonly<Record<ThreadName, number>> = { cluster: 60_000, wire: 5_000 };

/** Moves the counter of `own` and calls `silent` once when the other thread no longer moves its own. Returns how to end it. */
export function watchEachOther(
  counters: SharedCounters,
  own: ThreadName,
  silent: (other: ThreadName) => void,
): () => void {
  const other = own === 'cluster' ? 'wire' : 'cluster';
  let watchdog = newWatchdog(silenceLimitMs[other], lastBeat(counters, other), performance.now());
  beat(counters, own, process.hrtime.bigint());
  const timer = setInterval(() => {
    beat(counters, own, process.hrtime.bigint());
    watchdog = look(watchdog, lastBeat(counters, other), performance.now());
    if (!isSilent(watchdog)) return;
    clearInterval(timer);
    silent(other);
  }, beatMs);
  return () => clearInterval(timer);
}

/** In a worker neither exit nor abort ends the process; no handler can delay this. */
export function endProcessNow(): void {
  process.kill(process.pid, 'SIGKILL');
}
