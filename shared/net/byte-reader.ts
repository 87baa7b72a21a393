// Takes unsigned integers and octets one after the other from the front of a byte string.
import { WireError } from './wire-error.ts';

/**
 * Protocols speak network order (big-endian); what the kernel shares with its processes is in the machine's own, little-endian on both
 * architectures we run on.
 */
export type ByteOrder = 'network' | 'little';

export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #little: boolean;
  #offset = 0;

  constructor(bytes: Uint8Array, order: ByteOrder = 'network') {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
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
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), this.#little);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), this.#little);
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8), this.#little);
  }

  /** The next `length` octets, not copied. */
  bytes(length: number): Uint8Array {
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  skip(length: number): void {
    this.#take(length);
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
