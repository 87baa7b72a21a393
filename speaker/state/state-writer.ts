// Writes the state down after a change, at most each 5 s and one write at a time. What goes wrong is logged once, until it goes right again.
import type { Cancel, Clock } from '#shared/runtime/clock.ts';
import type { Log } from '#shared/runtime/log.ts';
import type { StateFile } from './state-file.ts';

const betweenWritesMs = 5_000;

export interface StateWriterDependencies {
  readonly clock: Clock;
  readonly file: StateFile;
  readonly log: Log;
}

export class StateWriter {
  readonly #dependencies: StateWriterDependencies;
  readonly #encode: () => string;
  #next: Cancel | undefined;
  #lastMs = -Infinity;
  #isWriting = false;
  #hasChanged = false;
  #isStopped = false;
  #failure: string | undefined;

  /** `encode` is asked when a write begins. */
  constructor(dependencies: StateWriterDependencies, encode: () => string) {
    this.#dependencies = dependencies;
    this.#encode = encode;
  }

  changed(): void {
    this.#hasChanged = true;
    this.#schedule();
  }

  /** Nothing is written from now on, but for what is on its way: another process of this node has taken over, or this one ends. */
  stop(): void {
    this.#isStopped = true;
    this.#next?.();
  }

  #schedule(): void {
    if (this.#isStopped || this.#isWriting || !this.#hasChanged || this.#next !== undefined) return;
    const { clock } = this.#dependencies;
    const delayMs = Math.max(0, this.#lastMs + betweenWritesMs - clock.nowMs());
    this.#next = clock.after(delayMs, () => {
      this.#next = undefined;
      this.#write();
    });
  }

  #write(): void {
    const { clock, file } = this.#dependencies;
    this.#lastMs = clock.nowMs();
    this.#isWriting = true;
    this.#hasChanged = false;
    file.write(this.#encode(), (failure) => {
      this.#isWriting = false;
      this.#tell(failure);
      // It is still to be written.
      if (failure !== undefined) this.#hasChanged = true;
      this.#schedule();
    });
  }

  #tell(failure: string | undefined): void {
    if (failure === this.#failure) return;
    this.#failure = failure;
    const { log } = this.#dependencies;
    if (failure === undefined) log.info({}, 'the state file is written again');
    else log.warn({ failure }, 'the state file cannot be written: a restart while the apiserver is away would forget');
  }
}
