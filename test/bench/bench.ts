// What a bench is to the program that runs it.

export interface Figure extends Record<string, unknown> {
  readonly metric: string;
  readonly value: number;
  readonly unit: string;
  /** Over the rounds; `value` is their median. */
  readonly min?: number;
  readonly max?: number;
  readonly rounds?: number;
}

export interface BenchOptions {
  /** As small as shows that it works. */
  readonly smoke: boolean;
  readonly rounds: number;
  readonly report: (figure: Figure) => void;
  /** For the person who waits. */
  readonly log: (text: string) => void;
}

export interface Bench {
  readonly name: string;
  run(options: BenchOptions): Promise<void>;
}

/** One figure from the rounds. */
export function summarise(metric: string, unit: string, values: readonly number[]): Figure {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number): number => sorted[Math.max(0, index)] ?? Number.NaN;
  const value = (at(Math.floor((sorted.length - 1) / 2)) + at(Math.ceil((sorted.length - 1) / 2))) / 2;
  return { metric, value, unit, min: at(0), max: at(sorted.length - 1), rounds: sorted.length };
}
