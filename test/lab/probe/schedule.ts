// The clockwork of the probers: what to send when, on absolute deadlines, until standard input ends.
import type { Probe } from './report.ts';

/** What a prober fills in. */
export type OpenProbe = { -readonly [field in keyof Probe]: Probe[field] };

/** CLOCK_MONOTONIC, the same in every process of the machine. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Calls `send` for each probe that is due. When the input ends, waits for late answers and prints all probes. */
export function probeUntilTold(
  everyMs: number,
  answerWithinMs: number,
  send: (probe: OpenProbe, index: number) => void,
): readonly OpenProbe[] {
  const probes: OpenProbe[] = [];
  const startMs = monotonicMs();
  let timer: NodeJS.Timeout;
  const tick = (): void => {
    const now = monotonicMs();
    for (let dueMs = startMs + probes.length * everyMs; dueMs <= now; dueMs = startMs + probes.length * everyMs) {
      const probe: OpenProbe = { dueMs, sentMs: monotonicMs() };
      probes.push(probe);
      send(probe, probes.length - 1);
    }
    timer = setTimeout(tick, Math.max(0, startMs + probes.length * everyMs - monotonicMs()));
  };
  console.log('started');
  tick();
  process.stdin.resume().on('end', () => {
    clearTimeout(timer);
    setTimeout(() => process.stdout.write(JSON.stringify(probes), () => process.exit(0)), answerWithinMs);
  });
  return probes;
}
