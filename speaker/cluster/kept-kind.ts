// One kind of object as the speaker keeps it: what an earlier process wrote down, until the first complete list has come and replaces it whole.
import type { KubeDependencies } from '#shared/kube/dependencies.ts';
import type { Meta, ObjectKey } from '#shared/kube/objects/view.ts';
import { Watcher, type WatcherOptions } from '#shared/kube/watcher.ts';

/** One of those that are watched, as people are told of it. */
export interface Watched {
  readonly kind: string;
  readonly kept: KeptKind<Meta>;
}

export class KeptKind<View extends Meta> {
  readonly watcher: Watcher<View>;
  #earlier: ReadonlyMap<ObjectKey, View> | undefined;

  /** `changed`: `objects` are others now, or the first list has come. */
  constructor(
    options: WatcherOptions<View>,
    earlier: readonly View[] | undefined,
    dependencies: KubeDependencies,
    changed: () => void,
  ) {
    this.#earlier = earlier && new Map(earlier.map((view) => [view.key, view]));
    this.watcher = new Watcher(options, dependencies, {
      synced: () => {
        this.#earlier = undefined;
        changed();
      },
      changed: (_key, _view, _resourceVersion, viewChanged) => {
        if (viewChanged) changed();
      },
    });
  }

  /** Undefined: nothing is known. */
  get objects(): ReadonlyMap<ObjectKey, View> | undefined {
    return this.watcher.synced ? this.watcher.objects : this.#earlier;
  }

  /** Nobody but an earlier process said so. */
  get isStale(): boolean {
    return !this.watcher.synced && this.#earlier !== undefined;
  }

  /** To be written down. */
  get saved(): readonly View[] | undefined {
    const { objects } = this;
    return objects && [...objects.values()];
  }
}
