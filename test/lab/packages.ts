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

const installTimeoutMs = 10 * 60_000;

/** Administrators' commands, which the search path of an ordinary user leaves out on Debian, included. */
export const searchPath = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;

/** Debian's names of the packages whose commands are not on this machine. */
export function missingPackages(): readonly string[] {
  const directories = searchPath.split(':').filter((directory) => directory !== '');
  const isThere = (command: string): boolean => directories.some((directory) => existsSync(join(directory, command)));
  const missing = Object.entries(packageOf).filter(([command]) => !isThere(command));
  return Array.from(new Set(missing.map(([, name]) => name)));
}

/** Installs what lacks where root may do so with apt-get; says what lacks otherwise. */
export async function ensurePackages(steps: Steps = silently): Promise<void> {
  const missing = missingPackages();
  if (missing.length === 0) return;
  const install = `apt-get install ${missing.join(' ')}`;
  if (getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    throw new MachineLacks(`This machine lacks what the lab needs: ${install}`);
  }
  await steps.run(install, () => installPackages(missing));
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
