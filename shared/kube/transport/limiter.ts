// Lets so many work at a time; the others wait in the order they came.

export class Limiter {
  readonly #most: () => number;
  readonly #waiting: (() => void)[] = [];
  #busy = 0;

  /** Asked each time somebody comes or goes. */
  constructor(most: () => number) {
    this.#most = most;
  }

  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#busy >= this.#most()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#busy++;
    try {
      return await work();
    } finally {
      // The place goes to the next directly, so that nobody slips in between.
      const next = this.#waiting.shift();
      if (next === undefined) this.#busy--;
      else next();
    }
  }
}
