// Lines of a stream of bytes, each bounded.

export class LineTooLong extends Error {
  readonly code = 'lineTooLong';
}

export class LineSplitter {
  readonly #mostBytes: number;
  #parts: Buffer[] = [];
  #length = 0;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** The lines that end in this chunk, without their ends and without empty ones. Throws LineTooLong. */
  push(chunk: Buffer): string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      this.#keep(chunk.subarray(start, end));
      if (this.#length > 0) lines.push(this.#take());
      start = end + 1;
    }
    this.#keep(chunk.subarray(start));
    return lines;
  }

  /** A line has begun and not ended. */
  get partial(): boolean {
    return this.#length > 0;
  }

  #keep(part: Buffer): void {
    if (part.length === 0) return;
    this.#parts.push(part);
    this.#length += part.length;
    if (this.#length > this.#mostBytes) throw new LineTooLong(`a line is longer than ${this.#mostBytes} bytes`);
  }

  #take(): string {
    const [part] = this.#parts;
    // Most lines come in one part: no copy.
    const line = this.#parts.length === 1 && part !== undefined ? part : Buffer.concat(this.#parts, this.#length);
    this.#parts = [];
    this.#length = 0;
    return line.toString('utf8');
  }
}
