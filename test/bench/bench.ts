// What a bench is to the program that runs it.

export interface Figure extends Record<string, unknown> {
  readonly metric: string;
  readonly value: number;
  readonly unit: string;
  /** Over the rounds; `value` is their median. */
  readonly min?: number;
  readonly max?: number;
  readonly rounds?: number;
  /** At most so much. */
  readonly goal?: number;
  readonly met?: boolean;
}

export interface BenchOptions {
  /** As small as shows that it works. */
  readonly smoke: boolean;
  readonly rounds: number;
  /** One of the bench's parts alone; all if absent. */
  readonly part: string | undefined;
  readonly report: (figure: Figure) => void;
  /** For the person who waits. */
  readonly log: (text: string) => void;
}

export interface Bench {
  readonly name: string;
  /** If nothing else is asked for. */
  readonly defaultRounds?: number;
  /** What of it can be asked for alone. */
  readonly parts?: readonly string[];
  run(options: BenchOptions): Promise<void>;
}

/** One figure from the rounds. */
export function summarise(metric: string, unit: string, values: readonly number[]): Figure {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number): number => sorted[Math.max(0, index)] ?? Number.NaN;
  const value = (at(Math.floor((sorted.length - 1) / 2)) + at(Math.ceil((sorted.length - 1) / 2))) / 2;
  return { metric, value, unit, min: at(0), max: at(sorted.length - 1), rounds: sorted.length };
}

/** The smallest value that no more than the given share of the values exceeds; undefined if there are none. */
export function percentile(values: ArrayLike<number> & Iterable<number>, share: number): number | undefined {
  const sorted = Float64Array.from(values).toSorted();
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

/** The figure with the goal, if it has one: at most so much. */
export function judge(figure: Figure, goal: number | undefined): Figure {
  return goal === undefined ? figure : { ...figure, goal, met: figure.value <= goal };
}
