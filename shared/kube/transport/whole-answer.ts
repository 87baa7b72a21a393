// Collects an answer until it is whole.
import assert from 'node:assert';
import type { IncomingHttpHeaders } from 'node:http';
import { Body } from './body.ts';
import type { Receiver, Response } from './exchange.ts';

export type Outcome =
  | {
      readonly kind: 'whole';
      readonly statusCode: number;
      readonly headers: IncomingHttpHeaders;
      readonly text: string;
    }
  | { readonly kind: 'failed'; readonly error: unknown };

export class WholeAnswer implements Receiver {
  readonly #body: Body;
  readonly #settled: (outcome: Outcome) => void;
  #response: Response | undefined;

  /** `settled` is called once. */
  constructor(mostBodyBytes: number, settled: (outcome: Outcome) => void) {
    this.#body = new Body(mostBodyBytes);
    this.#settled = settled;
  }

  begun(response: Response): void {
    this.#response = response;
  }

  received(chunk: Buffer): void {
    this.#body.add(chunk);
  }

  over(error: unknown): void {
    this.#settled(error === undefined ? this.#read() : { kind: 'failed', error });
  }

  #read(): Outcome {
    assert(this.#response !== undefined, 'an answer ends after it has begun');
    const { statusCode, headers } = this.#response;
    try {
      return { kind: 'whole', statusCode, headers, text: this.#body.text(headers['content-encoding']) };
    } catch (error) {
      return { kind: 'failed', error };
    }
  }
}
