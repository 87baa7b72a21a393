// The copy that a watcher keeps: views by key, each with the version it was read from. An object whose view did not change keeps its identity.
import assert from 'node:assert';
import { deepEqual } from '../runtime/equal.ts';
import { identityOf } from './identity.ts';
import type { ObjectKey, Parsed } from './objects/view.ts';

export interface Change<View> {
  readonly key: ObjectKey;
  readonly view: View | undefined;
  readonly resourceVersion: string | undefined;
  readonly viewChanged: boolean;
}

interface Stored<View> {
  readonly parsed: Parsed<View>;
  readonly resourceVersion: string;
}

export class Store<View> {
  /** Live. */
  readonly views = new Map<ObjectKey, View>();
  /** Live: why objects do not parse. */
  readonly problems = new Map<ObjectKey, string>();
  /** Live: of all that are there, parsed or not, the version they were read from. */
  readonly versions = new Map<ObjectKey, string>();
  #staged = new Map<ObjectKey, Stored<View>>();
  readonly #parse: (object: unknown) => Parsed<View>;

  constructor(parse: (object: unknown) => Parsed<View>) {
    this.#parse = parse;
  }

  resourceVersion(key: ObjectKey): string | undefined {
    return this.versions.get(key);
  }

  discard(): void {
    this.#staged = new Map();
  }

  /** Parses at once: ten thousand raw objects are never held together. */
  stage(object: unknown): void {
    const [key, stored] = this.#read(object);
    this.#staged.set(key, stored);
  }

  unstage(object: unknown): void {
    this.#staged.delete(this.#read(object)[0]);
  }

  /** What is staged is everything there is. */
  commit(): readonly Change<View>[] {
    const staged = this.#staged;
    this.#staged = new Map();
    const vanished = [...this.versions.keys()].filter((key) => !staged.has(key)).map((key) => this.#drop(key));
    return [...vanished, ...Array.from(staged, ([key, stored]) => this.#keep(key, stored))].filter(
      (change) => change !== undefined,
    );
  }

  /** An object of the watch. A deleted one comes with the version of its end. */
  apply(object: unknown, deleted: boolean): Change<View> | undefined {
    const [key, stored] = this.#read(object);
    if (!deleted) return this.#keep(key, stored);
    return this.versions.has(key) ? { ...this.#drop(key), resourceVersion: stored.resourceVersion } : undefined;
  }

  #read(object: unknown): [ObjectKey, Stored<View>] {
    const identity = identityOf(object);
    assert(identity !== undefined, 'the reflector passes on objects only');
    const parsed = this.#parse(object);
    const old = this.views.get(identity.key);
    const same = old !== undefined && 'view' in parsed && deepEqual(old, parsed.view);
    return [identity.key, { parsed: same ? { view: old } : parsed, resourceVersion: identity.resourceVersion }];
  }

  /** Undefined when it is the version that is here. */
  #keep(key: ObjectKey, { parsed, resourceVersion }: Stored<View>): Change<View> | undefined {
    if (this.versions.get(key) === resourceVersion) return undefined;
    const view = 'view' in parsed ? parsed.view : undefined;
    const problem = 'problem' in parsed ? parsed.problem : undefined;
    const viewChanged = this.views.get(key) !== view || this.problems.get(key) !== problem;
    this.versions.set(key, resourceVersion);
    setOrDelete(this.views, key, view);
    setOrDelete(this.problems, key, problem);
    return { key, view, resourceVersion, viewChanged };
  }

  #drop(key: ObjectKey): Change<View> {
    this.versions.delete(key);
    this.views.delete(key);
    this.problems.delete(key);
    return { key, view: undefined, resourceVersion: undefined, viewChanged: true };
  }
}

function setOrDelete<Key, Value>(map: Map<Key, Value>, key: Key, value: Value | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}
