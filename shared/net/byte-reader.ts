// Takes unsigned integers and octets one after the other from the front of a byte string.
import { WireError } from './wire-error.ts';

/**
 * Protocols speak network order (big-endian); what the kernel shares with its processes is in the machine's own, little-endian on both
 * architectures we run on.
 */
export type ByteOrder = 'network' | 'little';

export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #little: boolean;
  #offset = 0;

  constructor(bytes: Uint8Array, order: ByteOrder = 'network') {
    this.#bytes = bytes;
    this.#little = order === 'little';
  }

  /** Octets taken so far. */
  get offset(): number {
    return this.#offset;
  }

  /** Octets left. */
  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  u8(): number {
    return this.#number(1);
  }

  u16(): number {
    return this.#number(2);
  }

  u32(): number {
    return this.#number(4);
  }

  u64(): bigint {
    const { buffer, byteOffset } = this.#bytes;
    return new DataView(buffer, byteOffset).getBigUint64(this.#take(8), this.#little);
  }

  /** The next `length` octets, not copied. */
  bytes(length: number): Uint8Array {
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  skip(length: number): void {
    this.#take(length);
  }

  /** Octet by octet: to make a view for each message takes longer than the message. */
  #number(length: number): number {
    const start = this.#take(length);
    let value = 0;
    for (let at = 0; at < length; at++) {
      const shift = 8 * (this.#little ? at : length - 1 - at);
      value |= (this.#bytes[start + at] as number) << shift;
    }
    return value >>> 0;
  }

  #take(length: number): number {
    const start = this.#offset;
    if (length > this.remaining) {
      throw new WireError('truncated', `${length} octets expected at offset ${start}, ${this.remaining} left`);
    }
    this.#offset += length;
    return start;
  }
}
