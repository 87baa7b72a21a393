// The log of a simulated program: state changes become lines of the trace.
import type { Log, LogFields } from '#shared/runtime/log.ts';
import type { Trace } from '../trace.ts';

export function traceLog(trace: Trace, at: string): Log {
  const record =
    (level: string) =>
    (fields: LogFields, message: string): void =>
      trace.record(at, `log ${level}`, message, JSON.stringify(fields));
  return { debug: () => {}, info: record('info'), warn: record('warn'), error: record('error') };
}
