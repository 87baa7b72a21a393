// What the wire thread counts: totals since the start, by metric and labels.
import type { WireCounter } from '../seam.ts';

type Labels = WireCounter['labels'];

/** One metric with its labels. */
export interface Count {
  readonly labels: Labels;
  total: number;
}

export class Tally {
  readonly #series = new Map<string, Map<string, Count>>();

  add(name: string, labels: Labels, by = 1): void {
    this.count(name, labels).total += by;
  }

  /** To be kept by those who count often. `labels`: for one name always the same ones, in the same order. */
  count(name: string, labels: Labels): Count {
    let series = this.#series.get(name);
    if (series === undefined) this.#series.set(name, (series = new Map()));
    const key = Object.values(labels).join('\n');
    let count = series.get(key);
    if (count === undefined) series.set(key, (count = { labels, total: 0 }));
    return count;
  }

  get counters(): readonly WireCounter[] {
    return [...this.#series].flatMap(([name, series]) =>
      Array.from(series.values(), ({ labels, total }) => ({ name, labels, total })),
    );
  }
}
