// Runs a command to its end. Its output is kept in memory, so this is for commands that say little; what lives longer is a Program.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

export interface RunOptions {
  readonly input?: string;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly timeoutMs?: number;
}

export interface Finished {
  /** As a shell reports it: 128 + n when signal n ended the command. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const defaultTimeoutMs = 60_000;

export class CommandFailed extends Error {
  readonly code = 'commandFailed';
  readonly finished: Finished;

  constructor(command: readonly string[], finished: Finished) {
    const said = (finished.stderr.trim() || finished.stdout.trim()).slice(-2000);
    super(`${command.join(' ').slice(0, 500)} ended with ${finished.code}: ${said}`);
    this.finished = finished;
  }
}

/** Resolves whatever the exit code is; rejects when the command cannot be started. */
export function attempt(command: readonly [string, ...string[]], options: RunOptions = {}): Promise<Finished> {
  const [program, ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      timeout: options.timeoutMs ?? defaultTimeoutMs,
      killSignal: 'SIGKILL',
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    // A command that ends before it has read its input is judged by its exit code, not by the broken pipe.
    child.stdin.on('error', () => {});
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code: exitCode(code, signal), stdout, stderr }));
    child.stdin.end(options.input ?? '');
  });
}

/** The standard output of a command that must succeed. */
export async function run(command: readonly [string, ...string[]], options: RunOptions = {}): Promise<string> {
  const finished = await attempt(command, options);
  if (finished.code !== 0) throw new CommandFailed(command, finished);
  return finished.stdout;
}

/** Both parts of Node's answer in one number, as a shell has it. */
export function exitCode(code: number | null, signal: NodeJS.Signals | null): number {
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
}
