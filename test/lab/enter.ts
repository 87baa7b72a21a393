// Runs a command in private user, network, mount and PID namespaces, so that a lab needs no root, meets nobody, and ends as a whole:
//   node test/lab/enter.ts [--root] COMMAND…
// --root: real root without a user namespace, for what such a namespace may not do.
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getuid } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { MachineLacks, machineLacksExitCode } from './machine-lacks.ts';
import { searchPath } from './packages.ts';
import { isAlive } from './process/alive.ts';
import { attempt, exitCode } from './process/run.ts';
import { announceSession, type Purpose } from './sessions.ts';

export interface EnterOptions {
  readonly asRoot?: boolean;
  readonly purpose?: Purpose;
}

const usageExitCode = 2;
const pollMs = 10;
const startedWithinMs = 5_000;
const insideScript = join(import.meta.dirname, 'inside.sh');
const withUser = ['-Ur'];
const namespaces = ['-nmpf', '--mount-proc'];

const remedies = [
  'This machine lets no unprivileged user make namespaces. One of these helps:',
  '  - sysctl kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu), or user.max_user_namespaces > 0;',
  '  - run it as root.',
].join('\n');

/** Whether the lab can have a user namespace of its own; throws when it can have none and the user is not root. */
async function isRootless(asRoot: boolean): Promise<boolean> {
  const isRoot = getuid?.() === 0;
  if (asRoot && !isRoot) throw new MachineLacks('--root needs root.');
  if (asRoot) return false;
  const probe = await attempt(['unshare', ...withUser, ...namespaces, 'true']);
  if (probe.code === 0) return true;
  if (!isRoot) throw new MachineLacks(remedies);
  console.error(`No user namespaces here (${probe.stderr.trim()}): the lab runs as real root.`);
  return false;
}

/** Resolves with the exit code when the command and all that it left behind have ended. */
export async function enter(
  command: readonly string[],
  { asRoot = false, purpose = 'command' }: EnterOptions = {},
): Promise<number> {
  const rootless = await isRootless(asRoot);
  const unshare = ['unshare', ...(rootless ? withUser : []), ...namespaces, '--kill-child'];
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...unshare, 'sh', insideScript, ...command], {
    stdio: 'inherit',
    env: { ...process.env, PATH: searchPath },
  });
  const ended = new Promise<number>((resolve, reject) => {
    child.on('error', reject).on('exit', (code, signal) => resolve(exitCode(code, signal)));
  });
  const asked = endOnSignals(child);
  const pid = await firstProcess(child);
  const withdraw = announceSession({ enterPid: process.pid, pid: pid ?? 0, rootless, purpose });
  const code = await ended;
  if (pid !== undefined) await gone(pid);
  withdraw();
  return asked() ?? code;
}

async function gone(pid: number): Promise<void> {
  while (isAlive(pid)) await sleep(pollMs);
}

/** Neither unshare nor pid 1 inside heeds a polite signal. Ctrl-C reaches the command by itself; a second one ends everything. */
function endOnSignals(child: ChildProcess): () => number | undefined {
  let asked: number | undefined;
  let interrupts = 0;
  const end = (code: number): void => {
    asked = code;
    child.kill('SIGKILL');
  };
  process.on('SIGTERM', () => end(143));
  process.on('SIGHUP', () => end(129));
  process.on('SIGINT', () => {
    interrupts++;
    if (interrupts > 1) end(130);
  });
  return () => asked;
}

/** The child of unshare: pid 1 inside. Undefined when it has ended already. */
async function firstProcess(child: ChildProcess): Promise<number | undefined> {
  const path = `/proc/${child.pid}/task/${child.pid}/children`;
  const deadlineMs = performance.now() + startedWithinMs;
  while (child.exitCode === null && child.signalCode === null && performance.now() < deadlineMs) {
    const first = /^\d+/.exec(readFileSync(path, 'utf8'))?.[0];
    if (first !== undefined) return Number(first);
    await sleep(pollMs);
  }
  return undefined;
}

/** Ends this process with a program's exit code; what the machine lacks is said without a stack. */
export async function exitWith(work: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await work();
  } catch (error) {
    if (!(error instanceof MachineLacks)) throw error;
    console.error(error.message);
    process.exitCode = machineLacksExitCode;
  }
}

async function main(): Promise<number> {
  const [option, ...rest] = process.argv.slice(2);
  const asRoot = option === '--root';
  const command = asRoot ? rest : process.argv.slice(2);
  if (command.length > 0) return enter(command, { asRoot });
  console.error('usage: node test/lab/enter.ts [--root] COMMAND…');
  return usageExitCode;
}

if (import.meta.main) await exitWith(main);
