// The wire thread's log: lines wait here until the next message takes them to the cluster thread, which writes them.
import type { Log, LogFields } from '#shared/runtime/log.ts';
import type { WireLogLine } from '../seam.ts';

/** More lines than this between two messages: further ones are lost and counted. */
export const maxWaitingLines = 1000;

export class WireLog implements Log {
  #lines: WireLogLine[] = [];
  #lost = 0;

  get lost(): number {
    return this.#lost;
  }

  /** The lines so far; they are forgotten here. */
  take(): readonly WireLogLine[] {
    const lines = this.#lines;
    this.#lines = [];
    return lines;
  }

  debug(fields: LogFields, message: string): void {
    this.#add({ level: 'debug', fields, message });
  }

  info(fields: LogFields, message: string): void {
    this.#add({ level: 'info', fields, message });
  }

  warn(fields: LogFields, message: string): void {
    this.#add({ level: 'warn', fields, message });
  }

  error(fields: LogFields, message: string): void {
    this.#add({ level: 'error', fields, message });
  }

  #add(line: WireLogLine): void {
    if (this.#lines.length < maxWaitingLines) this.#lines.push(line);
    else this.#lost++;
  }
}
