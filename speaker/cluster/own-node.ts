// The Node of this machine. When its object vanishes for a moment (somebody deletes it and the kubelet makes it again) the last one stays in
// force, so that nothing moves because of it.
import type { Cancel, Clock } from '#shared/runtime/clock.ts';
import type { SpeakerNode } from '../desired/inputs.ts';

export const ownNodeGraceMs = 60_000;

export class OwnNode {
  readonly #clock: Clock;
  readonly #expired: () => void;
  #last: SpeakerNode | undefined;
  #missing: Cancel | undefined;

  /** `earlier`: as an earlier process saw it; in force until it is seen. `expired`: the object did not come back. */
  constructor(clock: Clock, earlier: SpeakerNode | undefined, expired: () => void) {
    this.#clock = clock;
    this.#last = earlier;
    this.#expired = expired;
  }

  /** As it was seen last; undefined before it was seen, and when it is gone for good. */
  get view(): SpeakerNode | undefined {
    return this.#last;
  }

  /** What the apiserver shows now. */
  saw(view: SpeakerNode | undefined): void {
    if (view !== undefined) {
      this.stop();
      this.#last = view;
    } else if (this.#last !== undefined && this.#missing === undefined) {
      this.#missing = this.#clock.after(ownNodeGraceMs, () => {
        this.#missing = undefined;
        this.#last = undefined;
        this.#expired();
      });
    }
  }

  stop(): void {
    this.#missing?.();
    this.#missing = undefined;
  }
}

/** Objects that speak of this node go when it goes, not when a speaker is restarted. */
export function ownerReference({ name, uid }: SpeakerNode): object {
  return { apiVersion: 'v1', kind: 'Node', name, uid };
}
