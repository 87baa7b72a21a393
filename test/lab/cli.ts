// The lab for people: npm run lab -- up | down | shell | kubectl | fault
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { enter, exitWith } from './enter.ts';
import { MachineLacks } from './machine-lacks.ts';
import { within } from './network/namespace.ts';
import { silently, Steps } from './output/steps.ts';
import { ensurePackages, searchPath } from './packages.ts';
import { binary, ensureParts } from './parts/parts.ts';
import { isAlive } from './process/alive.ts';
import { exitCode } from './process/run.ts';
import { insideOf, sessionDirectory, sessions, tell, type Session } from './sessions.ts';
import { faultUsage } from './standing-lab.ts';

const usage = `usage: npm run lab -- COMMAND
  up [--detach] [--nodes 1..10] [--proxy-mode nftables|iptables]   bring a lab up; --detach: in the background
  down                                                            take it down; nothing is left
  shell [client|router|outside|lan|n1|p1|…]                       a shell in the lab, or in one of its hosts
  kubectl …                                                       kubectl as the cluster's admin
  ${faultUsage.padEnd(63)} power off and on, silent cut of the LAN, cable, repair`;

const usageExitCode = 2;
const pollMs = 100;
const downWithinMs = 15_000;
const kubeconfigPath = '/run/ingot-lab/cluster/control-plane/admin.kubeconfig';
const backgroundLog = join(sessionDirectory, 'up.log');

interface UpOptions {
  readonly detach: boolean;
  readonly nodes: string;
  readonly proxyMode: string;
}

async function main(): Promise<number> {
  const [command, ...args] = process.argv.slice(2);
  switch (command) {
    case 'up':
      return up(args);
    case 'down':
      return down();
    case 'shell':
      return runInside(args[0] === undefined ? [shell()] : within(args[0], [shell()]));
    case 'kubectl':
      return runInside([binary(await ensureParts(silently), 'kubectl'), `--kubeconfig=${kubeconfigPath}`, ...args]);
    case 'fault':
      return fault(args);
    default:
      return usageError();
  }
}

function usageError(): number {
  console.error(usage);
  return usageExitCode;
}

async function up(args: readonly string[]): Promise<number> {
  const options = parseUp(args);
  if (options === undefined) return usageError();
  const steps = new Steps();
  await ensurePackages(steps);
  if (options.detach) return upInBackground(options);
  await ensureParts(steps);
  const inside = join(import.meta.dirname, 'up-main.ts');
  return enter([process.execPath, inside, options.nodes, options.proxyMode], { purpose: 'up' });
}

function parseUp(args: readonly string[]): UpOptions | undefined {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        detach: { type: 'boolean', default: false },
        nodes: { type: 'string', default: '3' },
        'proxy-mode': { type: 'string', default: 'nftables' },
      },
    });
    const { detach, nodes, 'proxy-mode': proxyMode } = values;
    const valid = /^([1-9]|10)$/.test(nodes) && ['nftables', 'iptables'].includes(proxyMode);
    return valid ? { detach, nodes, proxyMode } : undefined;
  } catch {
    return undefined;
  }
}

/** Returns when the lab is up, and leaves it to a process of its own. */
async function upInBackground({ nodes, proxyMode }: UpOptions): Promise<number> {
  const steps = new Steps();
  await ensureParts(steps);
  mkdirSync(sessionDirectory, { recursive: true, mode: 0o700 });
  const log = openSync(backgroundLog, 'w');
  const words = [import.meta.filename, 'up', '--nodes', nodes, '--proxy-mode', proxyMode];
  const child = spawn(process.execPath, words, { detached: true, stdio: ['ignore', log, log] });
  try {
    await steps.run(`a lab of ${nodes} nodes, in the background`, () => isUp(child));
  } catch {
    console.error(readFileSync(backgroundLog, 'utf8'));
    return child.exitCode ?? 1;
  }
  child.unref();
  console.log('`npm run lab -- down` takes it down; `npm run lab` says what else there is.');
  return 0;
}

/** Resolves once the lab of this process takes faults; throws when the process ends instead. */
async function isUp(child: ChildProcess): Promise<void> {
  while (child.exitCode === null && child.signalCode === null) {
    const session = sessions().find(({ enterPid }) => enterPid === child.pid);
    const answer = session === undefined ? '' : await tell(session, 'ping').catch(() => '');
    if (answer !== '') return;
    await sleep(pollMs);
  }
  throw new Error('The lab did not come up');
}

async function down(): Promise<number> {
  const standing = sessions().filter(({ purpose }) => purpose !== 'command');
  if (standing.length === 0) console.log('No lab is up.');
  for (const session of standing) {
    process.kill(session.enterPid, 'SIGTERM');
    await ended(session);
  }
  rmSync(backgroundLog, { force: true });
  if (sessions().length === 0) rmSync(sessionDirectory, { recursive: true, force: true });
  return 0;
}

async function ended(session: Session): Promise<void> {
  const deadlineMs = performance.now() + downWithinMs;
  while (isAlive(session.enterPid) || isAlive(session.pid)) {
    if (performance.now() > deadlineMs) throw new Error(`The lab of process ${session.enterPid} does not end`);
    await sleep(pollMs);
  }
}

function standingSession(): Session {
  const session = sessions().find(({ purpose }) => purpose !== 'command');
  if (session === undefined) throw new MachineLacks('No lab is up: npm run lab -- up');
  return session;
}

function runInside(command: readonly string[]): Promise<number> {
  const [program, ...args] = insideOf(standingSession(), command);
  // A shell in there takes Ctrl-C for itself.
  process.on('SIGINT', () => {});
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'inherit', env: { ...process.env, PATH: searchPath } });
    child.on('error', reject).on('exit', (code, signal) => resolve(exitCode(code, signal)));
  });
}

function shell(): string {
  return process.env['SHELL'] ?? '/bin/sh';
}

async function fault(args: readonly string[]): Promise<number> {
  if (args.length !== 2) return usageError();
  const answer = await tell(standingSession(), `fault ${args.join(' ')}`);
  process.stdout.write(answer);
  return answer.startsWith('usage') ? usageExitCode : 0;
}

await exitWith(main);
