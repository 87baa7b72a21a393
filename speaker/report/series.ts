// Series of metrics that are set as a whole: what is not in the samples given last goes away.
import type { Counter, Gauge, Labels } from '#shared/runtime/metrics.ts';

export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

/** A gauge that shows exactly the samples given last. */
export class GaugeSeries {
  readonly #gauge: Gauge;
  #shown: ReadonlyMap<string, Labels> = new Map();

  constructor(gauge: Gauge) {
    this.#gauge = gauge;
  }

  replace(samples: readonly Sample[]): void {
    const shown = new Map(samples.map(({ labels }) => [keyOf(labels), labels]));
    for (const [key, labels] of this.#shown) if (!shown.has(key)) this.#gauge.remove(labels);
    for (const { labels, value } of samples) this.#gauge.set(labels, value);
    this.#shown = shown;
  }
}

/** A counter fed with totals. One that goes back has begun anew. */
export class CounterSeries {
  readonly #counter: Counter;
  #totals: ReadonlyMap<string, Sample> = new Map();

  constructor(counter: Counter) {
    this.#counter = counter;
  }

  replace(samples: readonly Sample[]): void {
    const totals = new Map(samples.map((sample) => [keyOf(sample.labels), sample]));
    for (const [key, { labels }] of this.#totals) if (!totals.has(key)) this.#counter.remove(labels);
    for (const [key, { labels, value }] of totals) {
      const before = this.#totals.get(key)?.value ?? 0;
      this.#counter.add(labels, value >= before ? value - before : value);
    }
    this.#totals = totals;
  }
}

function keyOf(labels: Labels): string {
  return Object.values(labels).join('\n');
}
