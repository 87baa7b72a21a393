// In what order a thread takes up what waited while it stood still: played to Node with a real packet socket (test/host) and to the simulated
// thread (test/unit).

/** It stands still from the beginning for that long, with timers and frames that come due meanwhile. */
export const stall = { forMs: 60, timersMs: [30, 10, 20], frames: 250 } as const;

/** All timers first, in the order of their deadlines; then all frames; then what these timers led to. */
export const stallOrder: readonly string[] = [
  'timer 10',
  'timer 20',
  'timer 30',
  '250 frames',
  'timer armed after the stall',
];

/** Counts frames that follow each other. */
export class OrderSeen {
  readonly #seen: string[] = [];
  #frames = 0;

  timer(name: string): void {
    this.#flush();
    this.#seen.push(`timer ${name}`);
  }

  frame(): void {
    this.#frames++;
  }

  get order(): readonly string[] {
    this.#flush();
    return this.#seen;
  }

  #flush(): void {
    if (this.#frames > 0) this.#seen.push(`${this.#frames} frames`);
    this.#frames = 0;
  }
}
