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
    if (this.#waiting.length === 0 && this.#busy < this.#most()) this.#busy++;
    else await new Promise<void>((admitted) => this.#waiting.push(admitted));
    try {
      return await work();
    } finally {
      this.#busy--;
      this.#admit();
    }
  }

  /** The place is taken here, so that nobody slips in before those who wait. */
  #admit(): void {
    while (this.#busy < this.#most()) {
      const admitted = this.#waiting.shift();
      if (admitted === undefined) return;
      this.#busy++;
      admitted();
    }
  }
}
