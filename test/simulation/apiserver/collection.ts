// All objects of one kind: those that are, and how they came to be so.
import type { Cancel } from '#shared/runtime/clock.ts';
import type { Resource } from '#shared/kube/kube-api.ts';
import type { History, StoreChange } from './history.ts';
import { keyOf, type KubeObject } from './object.ts';

export class Collection {
  readonly resource: Resource;
  readonly history: History;
  readonly #objects = new Map<string, KubeObject>();
  readonly #followers = new Set<(change: StoreChange) => void>();
  /** Made when it is asked for; void after a change. */
  #sorted: readonly KubeObject[] | undefined;

  constructor(resource: Resource, history: History) {
    this.resource = resource;
    this.history = history;
  }

  get size(): number {
    return this.#objects.size;
  }

  get(namespace: string | undefined, name: string): KubeObject | undefined {
    return this.#objects.get(keyOf(namespace, name));
  }

  /** In the order of their keys. */
  list(): readonly KubeObject[] {
    this.#sorted ??= sorted(this.#objects);
    return this.#sorted;
  }

  /** As it was after that revision. Undefined when nobody knows any more. */
  listAt(revision: number): readonly KubeObject[] | undefined {
    const changes = this.history.since(revision);
    if (changes === undefined || changes.length === 0) return changes && this.list();
    const then = new Map(this.#objects);
    for (const { before, object } of changes.toReversed()) {
      const key = keyOf(object.metadata.namespace, object.metadata.name);
      if (before === undefined) then.delete(key);
      else then.set(key, before);
    }
    return sorted(then);
  }

  change(change: StoreChange): void {
    const { type, object } = change;
    const key = keyOf(object.metadata.namespace, object.metadata.name);
    if (type === 'DELETED') this.#objects.delete(key);
    else this.#objects.set(key, object);
    this.#sorted = undefined;
    this.history.add(change);
    for (const follower of this.#followers) follower(change);
  }

  follow(follower: (change: StoreChange) => void): Cancel {
    this.#followers.add(follower);
    return () => void this.#followers.delete(follower);
  }
}

function sorted(objects: ReadonlyMap<string, KubeObject>): readonly KubeObject[] {
  return [...objects].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
}
