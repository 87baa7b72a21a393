// K2: what each watcher of each program holds is what the apiserver has, after a minute of quiet; and at all times it holds what it could know
// before anything went wrong and has not changed since. This is the one invariant that asks programs what they know.
import { objectKey, type ObjectKey } from '#shared/kube/objects/view.ts';
import type { Explanation } from '#shared/kube/watcher.ts';
import { selecting, type Selects } from '../apiserver/selection.ts';
import type { StoreChange } from '../apiserver/store.ts';
import type { Fault } from '../faults/fault.ts';
import { boundsMs } from './bounds.ts';
import type { Checker, Tally } from './checker.ts';
import type { Scene } from './scene.ts';

/** Compared that often. */
const everyTicks = 20;
/** A replica may have been that far behind when something went wrong. */
const replicaUs = 10_000_000;

export class K2 implements Checker {
  readonly #scene: Scene;
  readonly #tally: Tally;
  /** Versions that programs need not know yet, and when they were stored. */
  readonly #recent = new Map<string, number>();
  /** When the last object of a kind was deleted, by plural. */
  readonly #deletedUs = new Map<string, number>();
  #ticks = 0;
  /** The apiserver said for a while that there is nothing. */
  #hasLied = false;

  constructor(scene: Scene, tally: Tally) {
    this.#scene = scene;
    this.#tally = tally;
  }

  stored({ type, resource, object }: StoreChange): void {
    // To those who select, what leaves the selection is deleted too.
    if (type !== 'ADDED') this.#deletedUs.set(resource.plural, this.#scene.nowUs);
    this.#recent.set(object.metadata.resourceVersion, this.#scene.nowUs);
  }

  faultBegan(fault: Fault): void {
    if ('emptyListsMs' in fault && fault.emptyListsMs > 0) this.#hasLied = true;
  }

  tick(): void {
    const { sight } = this.#scene;
    if (sight.sinceUs !== undefined) this.#hasLied = false;
    for (const [version, storedUs] of this.#recent) {
      if (storedUs >= sight.horizonUs - replicaUs) break;
      this.#recent.delete(version);
    }
    if (++this.#ticks % everyTicks === 0) this.checkAll();
  }

  checkAll(): void {
    if (this.#hasLied) return;
    for (const machine of this.#scene.world.machines.values()) {
      for (const { name, explain } of machine.processes) for (const held of explain()) this.#compare(name, held);
    }
  }

  #compare(process: string, { selection, synced, versions }: Explanation): void {
    const { resource } = selection;
    const subject = `${process} ${resource.plural}`;
    const isQuiet = this.#scene.calm.forMs >= boundsMs.equal;
    if (isQuiet) this.#tally.judge(synced, subject, () => 'has never been listed');
    if (!synced) return;
    const selects = selecting(selection) as Selects;
    const there = new Set<ObjectKey>();
    for (const object of this.#scene.world.apiserver.list(resource)) {
      if (!selects(object)) continue;
      const { namespace, name, resourceVersion: version } = object.metadata;
      const key = objectKey(namespace ?? '', name);
      there.add(key);
      const isKnown = versions.get(key) === version || this.#recent.has(version);
      this.#tally.judge(
        isKnown,
        subject,
        () => `${key} is known as ${versions.get(key) ?? 'absent'}, and is ${version}`,
      );
    }
    const isSettled = (this.#deletedUs.get(resource.plural) ?? 0) < this.#scene.sight.horizonUs;
    if (!isQuiet || !isSettled) return;
    const gone = [...versions.keys()].filter((key) => !there.has(key));
    this.#tally.judge(gone.length === 0, subject, () => `${gone.join()} is gone and still known`);
  }
}
