// A set of 32-bit numbers as few spans: exact where it is small, wider where it must be.

/** `first` ≤ `last`, both included. */
export interface Span {
  readonly first: number;
  readonly last: number;
}

/** Neighbours (5 and 6) become one span. Ascending. */
export function spansOf(values: Iterable<number>): readonly Span[] {
  const spans: Span[] = [];
  for (const value of Uint32Array.from(values).toSorted()) {
    const span = spans.at(-1);
    if (span !== undefined && value <= span.last + 1) spans[spans.length - 1] = { first: span.first, last: value };
    else spans.push({ first: value, last: value });
  }
  return spans;
}

/** At most `most` (≥ 1) spans that cover the given ascending ones: the narrowest gaps are closed first, of equal ones the lower. */
export function mergeSpans(spans: readonly Span[], most: number): readonly Span[] {
  if (spans.length <= most) return spans;
  const gaps = spans
    .slice(1)
    .map((span, index) => ({ index: index + 1, width: span.first - (spans[index]?.last ?? 0) }));
  const widest = gaps.toSorted((a, b) => b.width - a.width || b.index - a.index).slice(0, most - 1);
  const starts = [0, ...widest.map(({ index }) => index).toSorted((a, b) => a - b)];
  return starts.map((start, index) => {
    const end = starts[index + 1] ?? spans.length;
    return { first: spans[start]?.first ?? 0, last: spans[end - 1]?.last ?? 0 };
  });
}
