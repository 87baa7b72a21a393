// What etcd is to the apiserver: all objects by kind, namespace and name, under one revision counter. Objects are frozen and shared, never
// copied.
import type { Cancel } from '#shared/runtime/clock.ts';
import type { Resource } from '#shared/kube/kube-api.ts';
import { Collection } from './collection.ts';
import { History, type StoreChange } from './history.ts';
import { deepFreeze, type KubeObject } from './object.ts';

export type { StoreChange } from './history.ts';

const defaultKeptChanges = 5_000;
const firstRevision = 100;

export class Store {
  readonly #collections = new Map<string, Collection>();
  readonly #byResource = new Map<Resource, Collection>();
  readonly #followers = new Set<(change: StoreChange) => void>();
  readonly #keptChanges: number;
  #revision = firstRevision;
  #compacted = 0;

  /** Of each kind, so many changes can be watched from at least. */
  constructor(keptChanges = defaultKeptChanges) {
    this.#keptChanges = keptChanges;
  }

  /** Of the last change. */
  get revision(): number {
    return this.#revision;
  }

  collection(resource: Resource): Collection {
    const known = this.#byResource.get(resource);
    if (known !== undefined) return known;
    const name = `${resource.group}/${resource.plural}`;
    const collection =
      this.#collections.get(name) ?? new Collection(resource, new History(this.#keptChanges, this.#compacted));
    this.#collections.set(name, collection);
    this.#byResource.set(resource, collection);
    return collection;
  }

  get(resource: Resource, namespace: string | undefined, name: string): KubeObject | undefined {
    return this.collection(resource).get(namespace, name);
  }

  /** In the order of their keys. */
  list(resource: Resource): readonly KubeObject[] {
    return this.collection(resource).list();
  }

  get collections(): Iterable<Collection> {
    return this.#collections.values();
  }

  /** Every change once it is stored, in order. */
  follow(follower: (change: StoreChange) => void): Cancel {
    this.#followers.add(follower);
    return () => void this.#followers.delete(follower);
  }

  /** Adds it, or puts it in the place of the one with its name. It gets its resourceVersion here. */
  put(resource: Resource, object: KubeObject): KubeObject {
    const { namespace, name } = object.metadata;
    const before = this.get(resource, namespace, name);
    const stored = this.#numbered(object);
    this.#happened({ type: before === undefined ? 'ADDED' : 'MODIFIED', resource, before, object: stored });
    return stored;
  }

  /** Answers with its last state. */
  remove(resource: Resource, namespace: string | undefined, name: string): KubeObject | undefined {
    const before = this.get(resource, namespace, name);
    if (before === undefined) return undefined;
    const object = this.#numbered(before);
    this.#happened({ type: 'DELETED', resource, before, object });
    return object;
  }

  /** A revision of its own for something that is no change. */
  skip(): number {
    return ++this.#revision;
  }

  /** Nobody can begin in the past any more. */
  compact(): void {
    this.#compacted = this.#revision;
    for (const { history } of this.collections) history.forget(this.#revision);
  }

  #numbered(object: KubeObject): KubeObject {
    const resourceVersion = String(++this.#revision);
    return deepFreeze({ ...object, metadata: { ...object.metadata, resourceVersion } });
  }

  #happened(parts: Omit<StoreChange, 'revision'>): void {
    const change: StoreChange = { ...parts, revision: this.#revision };
    this.collection(parts.resource).change(change);
    for (const follower of this.#followers) follower(change);
  }
}
