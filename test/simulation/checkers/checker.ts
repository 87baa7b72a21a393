// What judges a run: a checker watches the world from outside for one invariant of spec/simulation.md §4, and a tally keeps how often it judged
// something, how near its bound it came, and what it found wrong.
import type { Observer } from '../observer.ts';
import type { Scene } from './scene.ts';

export type Invariant =
  | 'A1'
  | 'A2'
  | 'A3'
  | 'A4'
  | 'B1'
  | 'B2'
  | 'B3'
  | 'K1'
  | 'K2'
  | 'L1'
  | 'L2'
  | 'L3'
  | 'L4'
  | 'L5'
  | 'L6'
  | 'L7'
  | 'L8'
  | 'L9'
  | 'L10'
  | 'L11'
  | 'L12'
  | 'L13'
  | 'L14'
  | 'M1'
  /** Something must happen: the last paragraph of §4. */
  | 'Liveness';

export interface Violation {
  readonly invariant: Invariant;
  readonly atUs: number;
  /** What it concerns: an address, a Service, a process. */
  readonly subject: string;
  readonly message: string;
  readonly bound?: number | undefined;
  readonly value?: number | undefined;
}

export interface Measured {
  readonly value: number;
  readonly bound: number;
}

export interface Checker extends Observer {
  /** Called each simulated second: whether what was wrong before is still wrong, and allowed no longer. Looks at what is wrong only. */
  tick?(): void;
  /** Judges everything anew, not only what changed; called at the end, and each simulated second where that is asked for. */
  checkAll?(): void;
}

export type NewChecker = (scene: Scene, tally: Tally) => Checker;

export class Tally {
  readonly invariant: Invariant;
  readonly #nowUs: () => number;
  readonly #found: (violation: Violation) => void;
  /** How often something was judged. */
  evaluated = 0;
  #worst: Measured | undefined;

  constructor(invariant: Invariant, nowUs: () => number, found: (violation: Violation) => void) {
    this.invariant = invariant;
    this.#nowUs = nowUs;
    this.#found = found;
  }

  /** What came nearest to its bound, or went beyond it. */
  get worst(): Measured | undefined {
    return this.#worst;
  }

  /** One thing was looked at: it has to hold. */
  judge(holds: boolean, subject: string, message: () => string): void {
    this.evaluated++;
    if (!holds) this.violated(subject, message());
  }

  /** One value was taken: it may be as large as the bound. */
  measure(value: number, bound: number, subject: string, message: () => string): void {
    this.evaluated++;
    if (this.#worst === undefined || value * this.#worst.bound > this.#worst.value * bound)
      this.#worst = { value, bound };
    if (value > bound) this.violated(subject, message(), { value, bound });
  }

  violated(subject: string, message: string, measured: Partial<Measured> = {}): void {
    this.#found({ invariant: this.invariant, atUs: this.#nowUs(), subject, message, ...measured });
  }
}
