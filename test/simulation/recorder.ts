// A log and a metrics registry in memory, to be looked at by tests.
import type { Log, LogFields } from '#shared/runtime/log.ts';
import type { Labels, Metrics } from '#shared/runtime/metrics.ts';

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly fields: LogFields;
  readonly message: string;
}

export class RecordedLog implements Log {
  readonly lines: LogLine[] = [];

  debug(fields: LogFields, message: string): void {
    this.lines.push({ level: 'debug', fields, message });
  }

  info(fields: LogFields, message: string): void {
    this.lines.push({ level: 'info', fields, message });
  }

  warn(fields: LogFields, message: string): void {
    this.lines.push({ level: 'warn', fields, message });
  }

  error(fields: LogFields, message: string): void {
    this.lines.push({ level: 'error', fields, message });
  }
}

/** A value is found under `name` or `name{label="value"}`, labels in the order they were given. */
export class RecordedMetrics implements Metrics {
  readonly values = new Map<string, number>();

  counter(name: string) {
    return {
      add: (labels: Labels, amount = 1) => {
        const key = series(name, labels);
        this.values.set(key, (this.values.get(key) ?? 0) + amount);
      },
      remove: (labels: Labels) => void this.values.delete(series(name, labels)),
    };
  }

  gauge(name: string) {
    return {
      set: (labels: Labels, value: number) => void this.values.set(series(name, labels), value),
      remove: (labels: Labels) => void this.values.delete(series(name, labels)),
    };
  }

  histogram(name: string) {
    const { add } = this.counter(`${name}_count`);
    return { observe: (labels: Labels) => add(labels) };
  }
}

function series(name: string, labels: Labels): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return pairs.length === 0 ? name : `${name}{${pairs.join(',')}}`;
}
