// What keeps programs running on a machine: starts them again after they have ended, later each time they end soon; and replaces them.
import { uniform, type Random } from '#shared/runtime/random.ts';
import type { Program } from '../faults/fault.ts';
import type { Scheduler } from '../time/scheduler.ts';
import type { Process } from './process.ts';

/** A program that runs. */
export interface Running {
  readonly process: Process;
  /** As by SIGTERM: the process ends when it is ready to. */
  readonly askToEnd: () => void;
}

export interface KubeletDependencies {
  readonly scheduler: Scheduler;
  readonly random: Random;
  /** `count`: how often it was started here. */
  readonly start: (program: Program, count: number) => Running;
}

/** Until a container runs its program. */
const shortestStartMs = 300;
const longestStartMs = 700;
const firstBackOffMs = 1_000;
const longestBackOffMs = 300_000;
/** A program that lived that long has no history. */
const healthyAfterMs = 600_000;
/** terminationGracePeriodSeconds: who was asked to end and has not by then is killed. */
const graceMs = 30_000;

export class Kubelet {
  readonly #dependencies: KubeletDependencies;
  readonly #wanted = new Set<Program>();
  readonly #running = new Map<Program, Running>();
  /** Those whose successor runs already. */
  readonly #replaced = new Set<Running>();
  readonly #starts = new Map<Program, number>();
  readonly #backOffMs = new Map<Program, number>();
  #isOn = true;

  constructor(dependencies: KubeletDependencies) {
    this.#dependencies = dependencies;
  }

  /** The newest one. */
  process(program: Program): Process | undefined {
    return this.#running.get(program)?.process;
  }

  get processes(): readonly Process[] {
    return [...this.#replaced, ...this.#running.values()].map(({ process }) => process);
  }

  /** From now on it is kept running. */
  run(program: Program): void {
    this.#wanted.add(program);
    this.#startAfter(program, 0);
  }

  /** Ended by somebody, at once or when it is ready to; it is back that long after it has ended. */
  end(program: Program, how: 'kill' | 'ask', backAfterMs: number): void {
    const running = this.#running.get(program);
    if (running === undefined) return;
    this.#backOffMs.set(program, backAfterMs);
    if (how === 'kill') running.process.end();
    else this.#ask(running);
  }

  /** By a new one that is started beside it (maxSurge 1); so long after that it is asked to end. */
  replace(program: Program, askAfterMs: number): void {
    const old = this.#running.get(program);
    if (old === undefined) return;
    this.#running.delete(program);
    this.#replaced.add(old);
    this.#startAfter(program, 0);
    this.#dependencies.scheduler.after(askAfterMs * 1000, () => this.#ask(old));
  }

  /** With its machine: nothing of what ran is left. */
  powerOff(): void {
    this.#isOn = false;
    for (const process of this.processes) process.end();
  }

  powerOn(): void {
    this.#isOn = true;
    this.#backOffMs.clear();
    for (const program of this.#wanted) this.#startAfter(program, 0);
  }

  #ask({ process, askToEnd }: Running): void {
    if (!process.isAlive) return;
    askToEnd();
    this.#dependencies.scheduler.after(graceMs * 1000, () => process.end());
  }

  #startAfter(program: Program, waitMs: number): void {
    const { scheduler, random } = this.#dependencies;
    const delayMs = waitMs + uniform(random, shortestStartMs, longestStartMs);
    scheduler.after(delayMs * 1000, () => {
      if (this.#isOn && !this.#running.has(program)) this.#start(program);
    });
  }

  #start(program: Program): void {
    const { scheduler, start } = this.#dependencies;
    const count = (this.#starts.get(program) ?? 0) + 1;
    this.#starts.set(program, count);
    const startedUs = scheduler.nowUs;
    const running = start(program, count);
    this.#running.set(program, running);
    running.process.atDeath(() => this.#ended(program, running, (scheduler.nowUs - startedUs) / 1000));
  }

  #ended(program: Program, running: Running, livedMs: number): void {
    if (this.#replaced.delete(running)) return;
    this.#running.delete(program);
    const backOffMs = this.#backOffMs.get(program) ?? firstBackOffMs;
    const waitMs = livedMs > healthyAfterMs ? Math.min(backOffMs, firstBackOffMs) : backOffMs;
    this.#backOffMs.set(program, Math.min(longestBackOffMs, 2 * Math.max(firstBackOffMs, waitMs)));
    if (this.#isOn) this.#startAfter(program, waitMs);
  }
}
