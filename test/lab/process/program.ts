// A long-lived child process of the lab with a log file. It ends with the process that started it, however that ends.
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Hopeless } from '../eventually.ts';
import { exitCode } from './run.ts';

export interface ProgramOptions {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly logPath: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

const tailLines = 20;
/** What a shell answers when there is no such command. */
const notFound = 127;
/** A speaker takes its leave for five. */
const defaultStopMs = 10_000;

/** All that this process has started and that has not ended. */
const running = new Set<Program>();

export function runningPrograms(): readonly Program[] {
  return Array.from(running);
}

export class Program {
  readonly name: string;
  readonly logPath: string;
  /** The exit code, as a shell has it. */
  readonly ended: Promise<number>;
  readonly #options: ProgramOptions;
  readonly #child: ChildProcess;

  constructor(options: ProgramOptions) {
    this.#options = options;
    this.name = options.name;
    this.logPath = options.logPath;
    const log = openSync(options.logPath, 'a');
    this.#child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...options.command], {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    running.add(this);
    this.ended = new Promise((resolve) => {
      const ended = (code: number): void => {
        running.delete(this);
        resolve(code);
      };
      this.#child.on('error', () => ended(notFound)).on('exit', (code, signal) => ended(exitCode(code, signal)));
    });
  }

  get running(): boolean {
    return this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Commands that the program was wrapped in have replaced themselves by it, so this is its own pid. */
  get pid(): number {
    if (this.#child.pid === undefined) throw new Error(`${this.name} was not started`);
    return this.#child.pid;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Sends the signal and waits; what has not ended in time is killed. */
  async stop(signal: NodeJS.Signals = 'SIGTERM', withinMs = defaultStopMs): Promise<number> {
    if (!this.running) return this.ended;
    this.kill(signal);
    const patience = new AbortController();
    const late = sleep(withinMs, undefined, { signal: patience.signal }).then(
      () => this.kill('SIGKILL'),
      () => {},
    );
    const code = await this.ended;
    patience.abort();
    await late;
    return code;
  }

  /** The same once more, after it has ended, as a kubelet does with a container: nobody is asked for anything. */
  again(): Program {
    return new Program(this.#options);
  }

  /** The last lines of its log. */
  tail(): string {
    return readFileSync(this.logPath, 'utf8').trimEnd().split('\n').slice(-tailLines).join('\n');
  }

  /** For a program that must live on: an error with its last words when it does not. */
  assertRunning(): void {
    if (!this.running) throw new Hopeless(`${this.name} has ended. Its log ends with:\n${this.tail()}`);
  }
}
