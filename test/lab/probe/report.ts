// What a prober saw, and what follows from it.

/** One probe; times are CLOCK_MONOTONIC in milliseconds, one clock for all processes of the machine. */
export interface Probe {
  readonly dueMs: number;
  readonly sentMs: number;
  /** Absent: no answer in time. */
  readonly answeredMs?: number;
  readonly pod?: string;
  /** The source that the backend saw. */
  readonly peer?: string;
}

export interface ProbeReport {
  readonly sent: number;
  readonly lost: number;
  /** From sending the first lost probe to sending the first of a row of answered ones; 0 when none was lost. */
  readonly outageMs: number;
  /** Answers came once more in the end. */
  readonly recovered: boolean;
  /** The latest that a probe was sent after it was due. */
  readonly latestMs: number;
  readonly probes: readonly Probe[];
}

/** So many answered probes in a row end an outage. */
const answeredInARow = 20;

export function reportOf(probes: readonly Probe[]): ProbeReport {
  const isLost = ({ answeredMs }: Probe): boolean => answeredMs === undefined;
  const first = probes.findIndex(isLost);
  const end = first === -1 ? -1 : endOfOutage(probes, first);
  const startMs = probes[first]?.sentMs ?? 0;
  const endMs = probes[end]?.sentMs ?? probes.at(-1)?.sentMs ?? 0;
  return {
    sent: probes.length,
    lost: probes.filter(isLost).length,
    outageMs: first === -1 ? 0 : endMs - startMs,
    recovered: first === -1 || end !== -1,
    latestMs: probes.reduce((latest, { dueMs, sentMs }) => Math.max(latest, sentMs - dueMs), 0),
    probes,
  };
}

/** The index of the first probe of the first long enough row of answered ones, or -1. */
function endOfOutage(probes: readonly Probe[], from: number): number {
  let row = 0;
  for (let index = from; index < probes.length; index++) {
    row = probes[index]?.answeredMs === undefined ? 0 : row + 1;
    if (row === answeredInARow) return index - answeredInARow + 1;
  }
  return -1;
}
