// What the wire thread counts: totals since the start, by metric and labels.
import type { WireCounter } from '../seam.ts';

type Labels = WireCounter['labels'];

export class Tally {
  readonly #series = new Map<string, Map<string, { readonly labels: Labels; total: number }>>();

  /** `labels`: for one name always the same ones, in the same order. */
  add(name: string, labels: Labels, by = 1): void {
    let series = this.#series.get(name);
    if (series === undefined) this.#series.set(name, (series = new Map()));
    const key = Object.values(labels).join('\n');
    const known = series.get(key);
    if (known === undefined) series.set(key, { labels, total: by });
    else known.total += by;
  }

  get counters(): readonly WireCounter[] {
    return [...this.#series].flatMap(([name, series]) =>
      Array.from(series.values(), ({ labels, total }) => ({ name, labels, total })),
    );
  }
}
