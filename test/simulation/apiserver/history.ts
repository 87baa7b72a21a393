// The last changes of one kind of object, in the order of their revisions, so that watches can begin in the past and pages of a list show one
// moment.
import type { Resource } from '#shared/kube/kube-api.ts';
import type { KubeObject } from './object.ts';

export interface StoreChange {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly resource: Resource;
  readonly before: KubeObject | undefined;
  /** Of a deleted object: as it was, with the revision of its end. */
  readonly object: KubeObject;
  readonly revision: number;
}

export class History {
  #changes: StoreChange[] = [];
  readonly #most: number;
  /** Changes after this revision are known. */
  #oldest: number;

  /** Holds at least `most` changes, and up to twice as many. */
  constructor(most: number, since: number) {
    this.#most = most;
    this.#oldest = since;
  }

  get oldest(): number {
    return this.#oldest;
  }

  add(change: StoreChange): void {
    this.#changes.push(change);
    if (this.#changes.length < 2 * this.#most) return;
    this.forget(this.#changes[this.#changes.length - this.#most - 1]?.revision ?? 0);
  }

  /** All up to this revision. */
  forget(revision: number): void {
    if (revision <= this.#oldest) return;
    this.#changes = this.#changes.slice(this.#indexAfter(revision));
    this.#oldest = revision;
  }

  /** What happened after the revision, oldest first. Undefined when it is too old. */
  since(revision: number): readonly StoreChange[] | undefined {
    return revision < this.#oldest ? undefined : this.#changes.slice(this.#indexAfter(revision));
  }

  #indexAfter(revision: number): number {
    let from = 0;
    let to = this.#changes.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((this.#changes[middle] as StoreChange).revision <= revision) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}
