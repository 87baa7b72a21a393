// What the lab calls on the machine, and the Debian packages that bring it.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { getuid } from 'node:process';
import { MachineLacks } from './machine-lacks.ts';
import { silently, type Steps } from './output/steps.ts';
import { attempt, run } from './process/run.ts';

const packageOf: Readonly<Record<string, string>> = {
  bridge: 'iproute2',
  curl: 'curl',
  ip: 'iproute2',
  iptables: 'iptables',
  mount: 'mount',
  nft: 'nftables',
  nsenter: 'util-linux',
  openssl: 'openssl',
  setpriv: 'util-linux',
  unshare: 'util-linux',
};

/** What some specs look at the LAN with; they are skipped, and say so, where it lacks. */
const packageOfTool = {
  arping: 'iputils-arping',
  ndisc6: 'ndisc6',
  tshark: 'tshark',
} as const;

export type Tool = keyof typeof packageOfTool;

const installTimeoutMs = 10 * 60_000;

/** Administrators' commands, which the search path of an ordinary user leaves out on Debian, included. */
export const searchPath = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;

/** Debian's names of the packages whose commands are not on this machine. */
export function missingPackages(): readonly string[] {
  return packagesMissing(packageOf);
}

function packagesMissing(from: Readonly<Record<string, string>>): readonly string[] {
  const missing = Object.entries(from).filter(([command]) => !isThere(command));
  return Array.from(new Set(missing.map(([, name]) => name)));
}

function isThere(command: string): boolean {
  const directories = searchPath.split(':').filter((directory) => directory !== '');
  return directories.some((directory) => existsSync(join(directory, command)));
}

/** Why a test that wants this tool is skipped; undefined when the tool is there. */
export function lackOf(tool: Tool): string | undefined {
  return isThere(tool) ? undefined : `this machine lacks ${tool}: apt-get install ${packageOfTool[tool]}`;
}

/** Installs what lacks where root may do so with apt-get; says what lacks otherwise. */
export async function ensurePackages(steps: Steps = silently): Promise<void> {
  const missing = missingPackages();
  if (missing.length === 0) return;
  const install = `apt-get install ${missing.join(' ')}`;
  if (!mayInstall()) {
    throw new MachineLacks(`This machine lacks what the lab needs: ${install}`);
  }
  await steps.run(install, () => installPackages(missing));
}

/** The tools of the specs, where they can be installed; where they cannot, those specs are skipped. */
export async function ensureTools(steps: Steps = silently): Promise<void> {
  const missing = packagesMissing(packageOfTool);
  if (missing.length === 0 || !mayInstall()) return;
  try {
    await steps.run(`apt-get install ${missing.join(' ')}`, () => installPackages(missing));
  } catch (error) {
    steps.say(`    specs that want them are skipped: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** A command of the package of the same name, where it can be installed. */
export async function ensureCommand(name: string, steps: Steps = silently): Promise<void> {
  if (isThere(name)) return;
  const install = `apt-get install ${name}`;
  if (!mayInstall()) throw new MachineLacks(`This machine lacks ${name}: ${install}`);
  await steps.run(install, () => installPackages([name]));
}

function mayInstall(): boolean {
  return getuid?.() === 0 && existsSync('/usr/bin/apt-get');
}

async function installPackages(names: readonly string[]): Promise<void> {
  const options = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, timeoutMs: installTimeoutMs };
  const install = ['apt-get', 'install', '-y', '-q', '--no-install-recommends', ...names] as const;
  const first = await attempt([...install], options);
  if (first.code === 0) return;
  // A fresh machine has no lists of packages yet.
  await run(['apt-get', 'update', '-q'], options);
  await run([...install], options);
}
