// Something that changes, as it is now and as it was since a moment by which programs may still go.

interface Span<Value> {
  readonly value: Value;
  /** Until the next one begins. */
  readonly fromUs: number;
}

export class Past<Value> {
  #spans: Span<Value>[];

  constructor(first: Value) {
    this.#spans = [{ value: first, fromUs: 0 }];
  }

  get now(): Value {
    return (this.#spans.at(-1) as Span<Value>).value;
  }

  become(value: Value, nowUs: number): void {
    this.#spans.push({ value, fromUs: nowUs });
  }

  /** What it was at some moment since then, oldest first. What was before is forgotten: nobody asks for earlier moments later. */
  since(fromUs: number): readonly Value[] {
    const next = this.#spans.findIndex((span) => span.fromUs > fromUs);
    const first = next < 0 ? this.#spans.length - 1 : next - 1;
    if (first > 0) this.#spans = this.#spans.slice(first);
    return this.#spans.map(({ value }) => value);
  }
}
