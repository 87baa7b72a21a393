// Puts unsigned integers and octets one after the other into a byte string of a known greatest length.
import assert from 'node:assert';
import type { ByteOrder } from './byte-reader.ts';

/** Values out of range and writing past the end are our own mistakes. */
export class ByteWriter {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #little: boolean;
  #length = 0;

  constructor(maxLength: number, order: ByteOrder = 'network') {
    this.#bytes = new Uint8Array(maxLength);
    this.#view = new DataView(this.#bytes.buffer);
    this.#little = order === 'little';
  }

  /** Octets written so far. */
  get length(): number {
    return this.#length;
  }

  u8(value: number): this {
    assert(Number.isInteger(value) && value >= 0 && value < 2 ** 8);
    this.#view.setUint8(this.#grow(1), value);
    return this;
  }

  u16(value: number): this {
    assert(Number.isInteger(value) && value >= 0 && value < 2 ** 16);
    this.#view.setUint16(this.#grow(2), value, this.#little);
    return this;
  }

  u32(value: number): this {
    assert(Number.isInteger(value) && value >= 0 && value < 2 ** 32);
    this.#view.setUint32(this.#grow(4), value, this.#little);
    return this;
  }

  u64(value: bigint): this {
    assert(value >= 0n && value < 2n ** 64n);
    this.#view.setBigUint64(this.#grow(8), value, this.#little);
    return this;
  }

  bytes(value: Uint8Array): this {
    this.#bytes.set(value, this.#grow(value.length));
    return this;
  }

  zeros(length: number): this {
    this.#grow(length);
    return this;
  }

  /** What was written, not copied: the writer is done with. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #grow(length: number): number {
    const start = this.#length;
    assert(start + length <= this.#bytes.length, 'the message is longer than its bound');
    this.#length += length;
    return start;
  }
}
