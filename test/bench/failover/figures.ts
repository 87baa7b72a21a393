// From rounds to figures: what a client lost, how long it could not reach anybody, and whether that is within the goal.
import { judge, percentile, type Figure } from '../bench.ts';
import type { Round } from './round.ts';

/** At most so much. */
export type Goals = Partial<Record<MetricName, number>>;

/** In a row, most telling first. */
const metrics = {
  lost_ms_p50: ['ms', (rounds) => percentile(rounds.map(lostMs), 0.5)],
  lost_ms_p99: ['ms', (rounds) => percentile(rounds.map(lostMs), 0.99)],
  lost_ms_max: ['ms', (rounds) => percentile(rounds.map(lostMs), 1)],
  probes_sent: ['', (rounds) => sum(rounds, ({ udp, http }) => udp.sent + http.sent)],
  probes_lost: ['', (rounds) => sum(rounds, ({ udp, http }) => udp.lost + http.lost)],
  // Each HTTP probe is one.
  new_connections_lost: ['', (rounds) => sum(rounds, ({ http }) => http.lost)],
  owner_moves: ['', (rounds) => sum(rounds, ({ moves }) => moves)],
  rounds: ['', (rounds) => rounds.length],
  rounds_disturbed: ['', (rounds) => rounds.filter(({ disturbed }) => disturbed !== undefined).length],
  wait_ms_p50: ['ms', (rounds) => percentile(waits(rounds), 0.5)],
  wait_ms_max: ['ms', (rounds) => percentile(waits(rounds), 1)],
} as const satisfies Record<string, readonly [unit: string, of: (rounds: readonly Round[]) => number | undefined]>;

type MetricName = keyof typeof metrics;

export function figuresOf(rounds: readonly Round[], goals: Goals): readonly Figure[] {
  return Object.entries(metrics).flatMap(([metric, [unit, of]]) => {
    const value = of(rounds);
    return value === undefined ? [] : [judge({ metric, value, unit }, goals[metric as MetricName])];
  });
}

/** The longer of the two that a client could not use: UDP, or new connections. */
export function lostMs({ udp, http }: Round): number {
  return Math.max(udp.outageMs, http.outageMs);
}

function waits(rounds: readonly Round[]): readonly number[] {
  return rounds.flatMap(({ waitMs }) => (waitMs === undefined ? [] : [waitMs]));
}

function sum(rounds: readonly Round[], of: (round: Round) => number): number {
  return rounds.reduce((total, round) => total + of(round), 0);
}
