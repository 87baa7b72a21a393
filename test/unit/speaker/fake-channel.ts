// The wire thread's end of the channel, played by a test: keeps what is posted, says what the test wants said.
import type { Channel, FromWire, ToWire, WireDesired, WireSurroundings } from '#speaker/seam.ts';

export class FakeChannel implements Channel<ToWire, FromWire> {
  readonly dropped = 0;
  readonly posted: ToWire[] = [];
  readonly #took: (chunk: WireDesired) => void;
  #handler: (message: FromWire) => void = () => {};

  /** `took`: a chunk was posted. */
  constructor(took: (chunk: WireDesired) => void = () => {}) {
    this.#took = took;
  }

  get desired(): readonly WireDesired[] {
    return this.posted.filter((message) => message.kind === 'desired');
  }

  get surroundings(): readonly WireSurroundings[] {
    return this.posted.filter((message) => message.kind === 'surroundings');
  }

  post(message: ToWire): void {
    this.posted.push(message);
    if (message.kind === 'desired') this.#took(message);
  }

  onMessage(handler: (message: FromWire) => void): void {
    this.#handler = handler;
  }

  receive(message: FromWire): void {
    this.#handler(message);
  }
}
