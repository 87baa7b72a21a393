// M1: no program dies of an exception, and what it keeps is back to its size when what it was for is gone: as far as that shows outside, the timers
// of its threads.
import type { StoreChange } from '../apiserver/store.ts';
import type { ProcessRef } from '../observer.ts';
import { boundsMs } from './bounds.ts';
import type { Checker, Tally } from './checker.ts';
import type { Scene } from './scene.ts';

/** Lease, heartbeat and the like may or may not be armed at the moment. */
const toleratedTimers = 8;

export class M1 implements Checker {
  readonly #scene: Scene;
  readonly #tally: Tally;
  /** Timers when it was quiet, by process and by how much there was to do; the first that was seen. */
  readonly #timers = new Map<string, Map<string, number>>();
  /** How many objects there are of each kind. */
  readonly #objects = new Map<string, number>();
  /** Looked at since it has been quiet. */
  #isDone = false;

  constructor(scene: Scene, tally: Tally) {
    this.#scene = scene;
    this.#tally = tally;
  }

  stored({ resource, type }: StoreChange): void {
    const by = type === 'ADDED' ? 1 : type === 'DELETED' ? -1 : 0;
    if (by !== 0) this.#objects.set(resource.plural, (this.#objects.get(resource.plural) ?? 0) + by);
  }

  ended({ name }: ProcessRef, exception: unknown): void {
    this.#timers.delete(name);
    const text = exception instanceof Error ? (exception.stack ?? exception.message) : String(exception);
    this.#tally.judge(exception === undefined, name, () => `died of ${text}`);
  }

  tick(): void {
    if (this.#scene.calm.forMs < boundsMs.settled) this.#isDone = false;
    else if (!this.#isDone) this.#look();
  }

  #look(): void {
    this.#isDone = true;
    const { machines, shown } = this.#scene.world;
    const work = `${this.#objects.get('services') ?? 0} ${shown.all.length}`;
    for (const machine of machines.values()) {
      for (const { name, threads } of machine.processes) {
        const timers = threads.reduce((sum, thread) => sum + thread.timers, 0);
        const known = this.#timers.get(name) ?? new Map<string, number>();
        this.#timers.set(name, known);
        const before = known.get(work);
        if (before === undefined) known.set(work, timers);
        else
          this.#tally.measure(
            timers,
            before + toleratedTimers,
            name,
            () => `${timers} timers, and had ${before} before`,
          );
      }
    }
  }
}
