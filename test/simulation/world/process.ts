// One run of one program on a machine, from start to death: its threads, its way to the apiserver, and what ends with it.
import type { Explanation } from '#shared/kube/watcher.ts';
import type { Cancel } from '#shared/runtime/clock.ts';
import type { NodeTime } from '../node-time.ts';
import type { Observer, ProcessRef } from '../observer.ts';
import { Thread } from '../thread.ts';
import { once } from '../cancel.ts';
import type { Scheduler } from '../time/scheduler.ts';
import type { Trace } from '../trace.ts';

export type ThreadName = 'cluster' | 'wire';

/** What processes have in common. */
export interface ProcessDependencies {
  readonly scheduler: Scheduler;
  readonly trace: Trace;
  readonly time: NodeTime;
  readonly observers: readonly Observer[];
}

/**
 * How long each thread may stand still while the other runs, before the other ends the process: speaker/host/mutual-watch.ts, which is too
 * close to the machine to run here.
 */
const silenceLimitMs: Readonly<Record<ThreadName, number>> = { cluster: 60_000, wire: 5_000 };

export class Process implements ProcessRef {
  readonly name: string;
  readonly node: string;
  readonly program: ProcessRef['program'];
  readonly #dependencies: ProcessDependencies;
  readonly #threads = new Map<ThreadName, Thread>();
  readonly #atDeath: (() => void)[] = [];
  #isAlive = true;
  /** What its program holds of each kind that it watches; nothing before it runs. */
  explain: () => readonly Explanation[] = () => [];

  constructor({ name, node, program }: ProcessRef, dependencies: ProcessDependencies) {
    this.name = name;
    this.node = node;
    this.program = program;
    this.#dependencies = dependencies;
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** Of the named thread, which begins with its first mention. */
  thread(name: ThreadName): Thread {
    let thread = this.#threads.get(name);
    if (thread === undefined) {
      const { scheduler, time } = this.#dependencies;
      thread = new Thread({
        name: `${this.name}/${name}`,
        scheduler,
        time,
        failed: (exception) => this.end(exception ?? 'undefined was thrown'),
      });
      this.#threads.set(name, thread);
    }
    return thread;
  }

  get threads(): readonly Thread[] {
    return [...this.#threads.values()];
  }

  /** Done when the process ends, in the reverse of the order in which it was asked for. */
  atDeath(work: () => void): void {
    this.#atDeath.push(work);
  }

  /** Lives no longer: nothing of it runs any more. `exception`: what it died of, if nobody killed it. */
  end(exception?: unknown): void {
    if (!this.#isAlive) return;
    this.#isAlive = false;
    const { trace, observers } = this.#dependencies;
    trace.record(this.name, 'ended', '', exception === undefined ? '' : describe(exception));
    for (const thread of this.threads) thread.end();
    for (const work of this.#atDeath.toReversed()) work();
    for (const observer of observers) observer.ended?.(this, exception);
  }

  /** Holds one thread, or all of them, until the answer is called. A speaker of which one thread hangs too long ends itself. */
  hold(which: ThreadName | 'all'): Cancel {
    const names = which === 'all' ? [...this.#threads.keys()] : [which];
    const releases = names.flatMap((name) => this.#threads.get(name)?.hold() ?? []);
    const noLonger = names.length < this.#threads.size ? names.map((name) => this.#watch(name)) : [];
    return once(() => {
      for (const release of [...noLonger, ...releases]) release();
    });
  }

  #watch(name: ThreadName): Cancel {
    const limitUs = silenceLimitMs[name] * 1000;
    return this.#dependencies.scheduler.after(limitUs, () => {
      this.#dependencies.trace.record(this.name, 'watchdog', name);
      this.end();
    });
  }
}

function describe(exception: unknown): string {
  return exception instanceof Error ? exception.message : JSON.stringify(exception);
}
