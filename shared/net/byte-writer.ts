// Puts unsigned integers and octets one after the other into a byte string of a known greatest length.
import assert from 'node:assert';
import type { ByteOrder } from './byte-reader.ts';

/** Values out of range and writing past the end are our own mistakes. */
export class ByteWriter {
  readonly #bytes: Uint8Array;
  readonly #little: boolean;
  #length = 0;

  /** Into new octets, at most so many, or over what is in these. */
  constructor(into: number | Uint8Array, order: ByteOrder = 'network') {
    this.#bytes = typeof into === 'number' ? new Uint8Array(into) : into;
    this.#little = order === 'little';
  }

  /** Octets written so far. */
  get length(): number {
    return this.#length;
  }

  u8(value: number): this {
    if (value !== (value & 0xff)) outOfRange(value);
    this.#bytes[this.#grow(1)] = value;
    return this;
  }

  u16(value: number): this {
    if (value !== (value & 0xffff)) outOfRange(value);
    return this.#put(2, value);
  }

  u32(value: number): this {
    if (value !== value >>> 0) outOfRange(value);
    return this.#put(4, value);
  }

  u64(value: bigint): this {
    assert(value >= 0n && value < 2n ** 64n);
    const start = this.#grow(8);
    new DataView(this.#bytes.buffer).setBigUint64(start, value, this.#little);
    return this;
  }

  bytes(value: Uint8Array): this {
    this.#bytes.set(value, this.#grow(value.length));
    return this;
  }

  zeros(length: number): this {
    const start = this.#grow(length);
    this.#bytes.fill(0, start, start + length);
    return this;
  }

  /** What was written, not copied: the writer is done with. */
  finish(): Uint8Array {
    return this.#length === this.#bytes.length ? this.#bytes : this.#bytes.subarray(0, this.#length);
  }

  /** Octet by octet: to make a view for each message takes longer than the message. */
  #put(length: number, value: number): this {
    const start = this.#grow(length);
    for (let at = 0; at < length; at++) {
      const shift = 8 * (this.#little ? at : length - 1 - at);
      this.#bytes[start + at] = value >>> shift;
    }
    return this;
  }

  #grow(length: number): number {
    const start = this.#length;
    if (start + length > this.#bytes.length) assert.fail('the message is longer than its bound');
    this.#length += length;
    return start;
  }
}

function outOfRange(value: number): never {
  assert.fail(`${value} is no integer of this size`);
}
