// Cuts a connection's octet stream into messages, however TCP has segmented it.
import { BgpError } from './bgp-error.ts';
import { decodeHeader, headerOctets, maxExtendedMessageOctets, maxMessageOctets, type Frame } from './message.ts';

export interface Split {
  readonly frames: readonly Frame[];
  /** After the frames came a header that is none: nothing more can be read from this connection. */
  readonly error: BgpError | undefined;
}

/** Holds at most one unfinished message. Its frames share memory with the segments they came in. */
export class MessageSplitter {
  readonly #mostOctets: number;
  /** The beginning of a message, `#held` octets of it. Grows to the message's length once that is known. */
  #begun = new Uint8Array(headerOctets);
  #held = 0;
  #error: BgpError | undefined;

  /** `extended`: we offered to take messages of up to 65,535 octets. */
  constructor({ extended }: { readonly extended: boolean }) {
    this.#mostOctets = extended ? maxExtendedMessageOctets : maxMessageOctets;
  }

  push(segment: Uint8Array): Split {
    const frames: Frame[] = [];
    try {
      let rest = segment;
      while (this.#error === undefined && rest.length > 0) rest = this.#take(rest, frames);
    } catch (error) {
      if (!(error instanceof BgpError)) throw error;
      this.#error = error;
    }
    return { frames, error: this.#error };
  }

  /** Takes as much as it can use at once and returns the rest. */
  #take(segment: Uint8Array, frames: Frame[]): Uint8Array {
    if (this.#held === 0 && segment.length >= headerOctets) {
      const { kind, length } = decodeHeader(segment, this.#mostOctets);
      if (segment.length >= length) {
        frames.push({ kind, body: segment.subarray(headerOctets, length) });
        return segment.subarray(length);
      }
    }
    return this.#gather(segment, frames);
  }

  #gather(segment: Uint8Array, frames: Frame[]): Uint8Array {
    const used = Math.min(segment.length, this.#begun.length - this.#held);
    this.#begun.set(segment.subarray(0, used), this.#held);
    this.#held += used;
    if (this.#held === this.#begun.length) this.#finishPart(frames);
    return segment.subarray(used);
  }

  /** A header was finished, or a message. */
  #finishPart(frames: Frame[]): void {
    const { kind, length } = decodeHeader(this.#begun, this.#mostOctets);
    if (this.#held === length) {
      frames.push({ kind, body: this.#begun.subarray(headerOctets) });
      this.#begun = new Uint8Array(headerOctets);
      this.#held = 0;
    } else {
      const whole = new Uint8Array(length);
      whole.set(this.#begun);
      this.#begun = whole;
    }
  }
}
