// Where a simulated machine keeps the state of its speaker: it outlives processes, and by its faults it is lost, old or damaged.
import type { StateFile } from '#speaker/state/state-file.ts';
import { uniform, type Random } from '#shared/runtime/random.ts';
import type { Thread } from '../thread.ts';
import type { Scheduler } from '../time/scheduler.ts';

const writeUs = [500, 30_000] as const;
const writtenCostUs = 20;
/** Older ones that a fault can bring back. */
const keptVersions = 8;

export interface StateFileDependencies {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly thread: Thread;
}

export class StateDisk {
  /** Newest last. */
  #versions: string[] = [];
  #killing: (() => void) | undefined;
  /** While set, nothing is written. */
  failure: string | undefined;

  get text(): string | undefined {
    return this.#versions.at(-1);
  }

  /** As one program sees it; what it is writing when it dies is not there. */
  forProgram({ scheduler, random, thread }: StateFileDependencies): StateFile {
    return {
      read: () => {
        thread.assertTurn();
        return this.text === undefined ? { kind: 'none' } : { kind: 'text', text: this.text };
      },
      write: (text, written) => {
        thread.assertTurn();
        scheduler.after(uniform(random, ...writeUs), () => {
          const killing = this.#killing;
          this.#killing = undefined;
          killing?.();
          if (!thread.isAlive) return;
          const { failure } = this;
          if (failure === undefined) this.#keep(text);
          thread.receive(() => written(failure), writtenCostUs);
        });
      },
    };
  }

  /** `kill` is called in the middle of the next write, as by a kernel that has no memory left. */
  killNextWriter(kill: () => void): void {
    this.#killing = kill;
  }

  /** A reboot with an empty state directory. */
  lose(): void {
    this.#versions = [];
  }

  /** A reboot with the state of so many writes ago; the oldest known if there were fewer. */
  makeStale(writes: number): void {
    this.#versions = this.#versions.slice(0, Math.max(1, this.#versions.length - writes));
  }

  /** Only its first characters are left. */
  truncate(length: number): void {
    if (this.text !== undefined) this.#versions[this.#versions.length - 1] = this.text.slice(0, length);
  }

  #keep(text: string): void {
    this.#versions.push(text);
    if (this.#versions.length > keptVersions) this.#versions.shift();
  }
}
