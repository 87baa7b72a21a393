// Which faults there were, and when.
import type { Fault } from '../faults/fault.ts';
import type { Observer } from '../observer.ts';

export interface FaultSpan {
  readonly fault: Fault;
  readonly fromUs: number;
  /** Undefined: it lasts. */
  readonly untilUs: number | undefined;
}

export class FaultLog implements Observer {
  readonly #nowUs: () => number;
  readonly #spans: FaultSpan[] = [];

  constructor(nowUs: () => number) {
    this.#nowUs = nowUs;
  }

  /** Those that were active at some moment of that time, in the order in which they began. */
  between(fromUs: number, toUs: number): readonly FaultSpan[] {
    return this.#spans.filter((span) => span.fromUs <= toUs && (span.untilUs ?? Infinity) >= fromUs);
  }

  faultBegan(fault: Fault): void {
    this.#spans.push({ fault, fromUs: this.#nowUs(), untilUs: undefined });
  }

  faultEnded(fault: Fault): void {
    const index = this.#spans.findLastIndex((span) => span.fault === fault);
    const span = this.#spans[index];
    if (span !== undefined) this.#spans[index] = { ...span, untilUs: this.#nowUs() };
  }
}
