// What happened, in order: a hash over everything, and the last lines to be printed when something is wrong. Each line knows the line that led
// to it.
import type { Scheduler } from './time/scheduler.ts';

export interface TraceLine {
  readonly id: number;
  /** The line that led to this one; 0: none. */
  readonly cause: number;
  readonly timeUs: number;
  /** Where: a node, thread, client or `apiserver`. */
  readonly at: string;
  /** What: a dense word as `arp reply`, `patch`, `fault`. */
  readonly event: string;
  /** What it concerns: an address, an object, a peer. */
  readonly subject: string;
  readonly detail: string;
}

/** Kept until something goes wrong. */
const keptLines = 50_000;

export class Trace {
  readonly #scheduler: Scheduler;
  readonly #kept: TraceLine[] = [];
  /** FNV-1a of 32 bits, twice with different bases. */
  #first = 0x811c9dc5;
  #second = 0x050c5d1f;
  #count = 0;
  /** Gets each line as it comes. */
  listener: ((line: TraceLine) => void) | undefined;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  /** How many lines there were. */
  get count(): number {
    return this.#count;
  }

  /** 16 hexadecimal digits. */
  get hash(): string {
    return [this.#first, this.#second].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
  }

  record(at: string, event: string, subject: string, detail = ''): void {
    const timeUs = this.#scheduler.nowUs;
    const line = { id: ++this.#count, cause: this.#scheduler.cause, timeUs, at, event, subject, detail };
    this.#scheduler.cause = line.id;
    this.#mix(timeUs);
    this.#mix(Math.floor(timeUs / 0x1_0000_0000));
    for (const text of [at, event, subject, detail]) this.#mixText(text);
    this.#kept[line.id % keptLines] = line;
    this.listener?.(line);
  }

  /** The last of those that match, oldest first. */
  last(most: number, matches: (line: TraceLine) => boolean): readonly TraceLine[] {
    const found: TraceLine[] = [];
    for (let id = this.#count; id > Math.max(0, this.#count - keptLines) && found.length < most; id--) {
      const line = this.#kept[id % keptLines];
      if (line !== undefined && matches(line)) found.push(line);
    }
    return found.toReversed();
  }

  #mixText(text: string): void {
    for (let index = 0; index < text.length; index++) this.#mix(text.charCodeAt(index));
    this.#mix(0);
  }

  #mix(value: number): void {
    this.#first = Math.imul(this.#first ^ value, 0x01000193);
    this.#second = Math.imul(this.#second ^ value, 0x01000193);
  }
}

/** As `12.003456 n1/wire arp reply 192.0.2.1: to 02:… (#12 after #9)`. */
export function formatLine({ id, cause, timeUs, at, event, subject, detail }: TraceLine): string {
  const seconds = (timeUs / 1_000_000).toFixed(6);
  return `${seconds} ${at} ${event} ${subject}${detail === '' ? '' : `: ${detail}`} (#${id}${cause === 0 ? '' : ` after #${cause}`})`;
}
