// Lets so many work at a time; the others wait in the order they came.

/** Begins when there is room, and calls `done` once when it is over. */
type Work = (done: () => void) => void;

export class Limiter {
  readonly #most: () => number;
  readonly #waiting: Work[] = [];
  #busy = 0;

  /** Asked each time somebody comes or goes. */
  constructor(most: () => number) {
    this.#most = most;
  }

  run(work: Work): void {
    if (this.#waiting.length === 0 && this.#busy < this.#most()) this.#begin(work);
    else this.#waiting.push(work);
  }

  #begin(work: Work): void {
    this.#busy++;
    work(() => this.#done());
  }

  #done(): void {
    this.#busy--;
    while (this.#busy < this.#most()) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#begin(next);
    }
  }
}
