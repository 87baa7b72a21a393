// The real log: pino, one JSON line each on standard output, written at once so that a fatal line is never lost.
import { destination, pino, stdTimeFunctions } from 'pino';
import type { Log } from './log.ts';
import type { LogLevel } from './options.ts';

const pinoLevels: Readonly<Record<LogLevel, string>> = {
  all: 'trace',
  debug: 'debug',
  info: 'info',
  warn: 'warn',
  error: 'error',
  none: 'silent',
};

/** `base` stands in every line, as { daemon, node }. */
export function createLog(level: LogLevel, base: Readonly<Record<string, string>>): Log {
  return pino(
    {
      level: pinoLevels[level],
      base,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: ['password', '*.password', 'token', '*.token'], censor: '[redacted]' },
    },
    destination({ fd: 1, sync: true }),
  );
}
