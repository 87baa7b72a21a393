// Lines of a trace in a file that does not grow without end: of what is too much the older half goes.
import { appendFileSync, closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import type { TraceLine } from '../trace.ts';

const mostOctets = 200_000_000;
const bufferedLines = 1_000;

export class TraceFile {
  readonly #path: string;
  readonly #older: string;
  #file: number;
  #octets = 0;
  #buffer: string[] = [];

  constructor(path: string) {
    this.#path = path;
    this.#older = `${path}.older`;
    this.#file = openSync(path, 'w');
  }

  write(line: TraceLine): void {
    this.#buffer.push(JSON.stringify(line));
    if (this.#buffer.length >= bufferedLines) this.#flush();
  }

  close(): void {
    this.#flush();
    closeSync(this.#file);
    if (!existsSync(this.#older)) return;
    appendFileSync(this.#older, readFileSync(this.#path));
    renameSync(this.#older, this.#path);
  }

  #flush(): void {
    if (this.#buffer.length === 0) return;
    this.#octets += writeSync(this.#file, `${this.#buffer.join('\n')}\n`);
    this.#buffer = [];
    if (this.#octets < mostOctets / 2) return;
    closeSync(this.#file);
    rmSync(this.#older, { force: true });
    renameSync(this.#path, this.#older);
    this.#file = openSync(this.#path, 'w');
    this.#octets = 0;
  }
}
