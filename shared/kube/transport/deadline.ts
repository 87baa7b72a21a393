// Ends a request that takes too long or is no longer wanted. A timer that is cleared, since AbortSignal.timeout would keep each of thousands of
// requests, long answered, alive until its time is over.

class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
}

export class Deadline {
  readonly #ending = new AbortController();
  readonly #cancelled: AbortSignal;
  readonly #cancel = (): void => this.#ending.abort(this.#cancelled.reason);
  readonly #timer: NodeJS.Timeout;
  #passed = false;

  constructor(withinMs: number, cancelled: AbortSignal) {
    this.#cancelled = cancelled;
    cancelled.addEventListener('abort', this.#cancel, { once: true });
    this.#timer = setTimeout(() => {
      this.#passed = true;
      this.#ending.abort(new TimeoutError(`no answer within ${withinMs} ms`));
    }, withinMs);
  }

  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  get passed(): boolean {
    return this.#passed;
  }

  /** The answer is here. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#cancelled.removeEventListener('abort', this.#cancel);
  }
}
