// The answer to a watch: accepted, its body is one JSON event a line; refused, it says why.
import type { KubeError, WatchEvent } from '../kube-api.ts';
import { Body } from './body.ts';
import { connectionError } from './connection-error.ts';
import type { Receiver, Response } from './exchange.ts';
import { parseJson, refusalOf } from './http-answer.ts';
import { LineSplitter, LineTooLong } from './line-splitter.ts';

type Line = Extract<WatchEvent, { kind: 'line' }>['line'];

interface StreamLimits {
  readonly mostBodyBytes: number;
  readonly mostLineBytes: number;
}

export class WatchStream implements Receiver {
  readonly #happened: (event: WatchEvent) => void;
  readonly #lines: LineSplitter;
  readonly #refusal: Body;
  #response: Response | undefined;
  #heardMs = performance.now();

  constructor({ mostBodyBytes, mostLineBytes }: StreamLimits, happened: (event: WatchEvent) => void) {
    this.#happened = happened;
    this.#lines = new LineSplitter(mostLineBytes);
    this.#refusal = new Body(mostBodyBytes);
  }

  /** When the last byte came. */
  get heardMs(): number {
    return this.#heardMs;
  }

  /** Of the answer, if there was one. */
  get statusCode(): number | undefined {
    return this.#response?.statusCode;
  }

  begun(response: Response): void {
    this.#heardMs = performance.now();
    this.#response = response;
    if (this.#isAccepted) this.#happened({ kind: 'opened' });
  }

  received(chunk: Buffer): void {
    this.#heardMs = performance.now();
    if (!this.#isAccepted) return this.#refusal.add(chunk);
    for (const line of this.#lines.push(chunk)) this.#happened({ kind: 'line', line: parseLine(line) });
  }

  over(error: unknown): void {
    if (error instanceof LineTooLong) this.#happened({ kind: 'line', line: undefined });
    const reason = error === undefined ? this.#whyItEnded() : connectionError(error);
    this.#happened(reason === undefined ? { kind: 'closed' } : { kind: 'closed', error: reason });
  }

  get #isAccepted(): boolean {
    return this.#response?.statusCode === 200;
  }

  /** Undefined: by itself. */
  #whyItEnded(): KubeError | undefined {
    if (this.#response !== undefined && !this.#isAccepted) {
      const { statusCode, headers } = this.#response;
      return refusalOf(statusCode, headers, this.#refusal.text(undefined));
    }
    if (!this.#lines.partial) return undefined;
    return { kind: 'connection', code: 'partialLine', message: 'the stream ended in the middle of a line' };
  }
}

function parseLine(line: string): Line {
  const event = parseJson(line);
  if (typeof event !== 'object' || event === null || !('type' in event) || !('object' in event)) return undefined;
  return typeof event.type === 'string' ? { type: event.type, object: event.object } : undefined;
}
