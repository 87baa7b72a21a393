// Something that a checker keeps for each segment of each running speaker.
import type { ProcessRef } from '../observer.ts';

export class PerSegment<Kept> {
  readonly #make: () => Kept;
  readonly #kept = new Map<string, Map<string, Kept>>();

  constructor(make: () => Kept) {
    this.#make = make;
  }

  of({ name }: ProcessRef, segment: string): Kept {
    let segments = this.#kept.get(name);
    if (segments === undefined) this.#kept.set(name, (segments = new Map()));
    let kept = segments.get(segment);
    if (kept === undefined) segments.set(segment, (kept = this.#make()));
    return kept;
  }

  ended({ name }: ProcessRef): void {
    this.#kept.delete(name);
  }
}
