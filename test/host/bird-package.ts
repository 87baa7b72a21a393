// BIRD without installing it, which would start a daemon: Debian's package, unpacked once into the lab's cache.
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheKey, cacheRoot, lock, prune, touch } from '#test/lab/parts/cache.ts';
import type { Steps } from '#test/lab/output/steps.ts';
import { attempt, run } from '#test/lab/process/run.ts';

/** BIRD, and what it needs beyond the libraries that every Debian has. */
const packages = ['bird2', 'libssh-gcrypt-4', 'libreadline8'] as const;
const key = cacheKey([packages.join(' '), process.arch]);
const directory = join(cacheRoot, key);
const libraries = ['usr/lib', 'lib'].map((folder) => join(directory, folder, debianTriplet())).join(':');

/** The command that runs a program of the package, as `bird` or `birdc`. */
export function birdProgram(name: string): readonly string[] {
  return ['env', `LD_LIBRARY_PATH=${libraries}`, join(directory, 'usr/sbin', name)];
}

/** Whether tests with BIRD can run here. */
export function hasBird(): boolean {
  return existsSync(join(directory, 'usr/sbin/bird'));
}

/** Needs a network, once. Says so where BIRD cannot be had: its tests are skipped then. */
export async function ensureBird(steps: Steps): Promise<void> {
  if (hasBird()) {
    touch(key);
    return;
  }
  try {
    await steps.run('BIRD for the host tests', unpack);
  } catch (error) {
    steps.say(`skipped: tests with BIRD: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function unpack(): Promise<void> {
  const release = await lock(key, () => {});
  const temporary = join(cacheRoot, `${key}.tmp.${process.pid}`);
  try {
    if (hasBird()) return;
    prune();
    mkdirSync(temporary, { recursive: true });
    await run(['apt-get', 'download', '-q', ...packages], { cwd: temporary });
    await run(['sh', '-ec', 'for package in *.deb; do dpkg-deb -x "$package" .; rm "$package"; done'], {
      cwd: temporary,
    });
    renameSync(temporary, directory);
    const [program, ...args] = [...birdProgram('bird'), '--version'];
    const { code, stderr } = await attempt([program ?? '', ...args]);
    if (code === 0) return;
    rmSync(directory, { recursive: true });
    throw new Error(`BIRD does not start here: ${stderr.trim()}`);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
    release();
  }
}

function debianTriplet(): string {
  return process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
}
