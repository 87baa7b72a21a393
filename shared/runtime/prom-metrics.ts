// The real metrics registry: prom-client, with its process metrics and the event loop's delay.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Metrics } from './metrics.ts';

export interface RenderedMetrics extends Metrics {
  readonly contentType: string;
  render(): Promise<string>;
}

export function createMetrics(build: { readonly version: string; readonly commit: string }): RenderedMetrics {
  const registers = [new Registry()];
  const [registry] = registers as [Registry];
  collectDefaultMetrics({ register: registry });
  watchEventLoop(registers);
  const node = process.versions.node;
  new Gauge({ name: 'ingot_build_info', help: 'What runs here', labelNames: ['version', 'commit', 'node'], registers })
    .labels({ ...build, node })
    .set(1);
  // Several parts may count into one metric.
  const known = (name: string): unknown => registry.getSingleMetric(name);
  return {
    counter(name, help, labelNames = []) {
      const counter = (known(name) as Counter | undefined) ?? new Counter({ name, help, labelNames, registers });
      return { add: (labels, amount = 1) => counter.inc(labels, amount), remove: (labels) => counter.remove(labels) };
    },
    gauge(name, help, labelNames = []) {
      const gauge = (known(name) as Gauge | undefined) ?? new Gauge({ name, help, labelNames, registers });
      return { set: (labels, value) => gauge.set(labels, value), remove: (labels) => gauge.remove(labels) };
    },
    histogram(name, help, buckets, labelNames = []) {
      const histogram =
        (known(name) as Histogram | undefined) ??
        new Histogram({ name, help, buckets: [...buckets], labelNames, registers });
      return { observe: (labels, value) => histogram.observe(labels, value) };
    },
    contentType: registry.contentType,
    render: () => registry.metrics(),
  };
}

/** Quantiles of the delay since the last scrape. */
function watchEventLoop(registers: Registry[]): void {
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  new Gauge({
    name: 'ingot_event_loop_delay_seconds',
    help: 'Delay of the event loop since the last scrape',
    labelNames: ['quantile'],
    registers,
    collect() {
      for (const quantile of [0.5, 0.99, 0.999]) this.set({ quantile }, delay.percentile(quantile * 100) / 1e9);
      this.set({ quantile: 'max' }, delay.max / 1e9);
      delay.reset();
    },
  });
}
