// Metrics as everything but main sees them. A program declares its metrics in one table; the registry behind it is injected.

export type Labels = Readonly<Record<string, string>>;

export interface Counter {
  add(labels: Labels, amount?: number): void;
  /** Forgets one label set, so that a vanished object leaves no series behind. */
  remove(labels: Labels): void;
}

export interface Gauge {
  set(labels: Labels, value: number): void;
  remove(labels: Labels): void;
}

export interface Histogram {
  observe(labels: Labels, value: number): void;
}

export interface Metrics {
  counter(name: string, help: string, labelNames?: readonly string[]): Counter;
  gauge(name: string, help: string, labelNames?: readonly string[]): Gauge;
  histogram(name: string, help: string, buckets: readonly number[], labelNames?: readonly string[]): Histogram;
}
