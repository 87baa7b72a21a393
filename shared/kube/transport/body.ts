// The body of an answer: collected as it comes, unpacked at its end, bounded both ways.
import { gunzipSync } from 'node:zlib';

export class BodyTooLarge extends Error {
  readonly code = 'bodyTooLarge';
}

export class Body {
  readonly #mostBytes: number;
  readonly #chunks: Buffer[] = [];
  #length = 0;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** Throws BodyTooLarge. */
  add(chunk: Buffer): void {
    this.#length += chunk.length;
    if (this.#length > this.#mostBytes) throw this.#tooLarge();
    this.#chunks.push(chunk);
  }

  /** Throws BodyTooLarge, and when it is packed badly. */
  text(encoding: string | undefined): string {
    const bytes = Buffer.concat(this.#chunks, this.#length);
    return (encoding === 'gzip' ? this.#unpacked(bytes) : bytes).toString('utf8');
  }

  #unpacked(bytes: Buffer): Buffer {
    try {
      return gunzipSync(bytes, { maxOutputLength: this.#mostBytes });
    } catch (error) {
      if (error instanceof RangeError) throw this.#tooLarge();
      throw error;
    }
  }

  #tooLarge(): BodyTooLarge {
    return new BodyTooLarge(`the answer is larger than ${this.#mostBytes} bytes`);
  }
}
