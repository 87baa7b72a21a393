// Where the lab's control plane binaries and routers are kept: outside the checkout, one folder for each set of sources, tools and flags.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive } from '../process/alive.ts';

const keptForMs = 30 * 24 * 60 * 60_000;
const lockPollMs = 500;

export const cacheRoot = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'ingot-lab');

/** 16 hexadecimal digits over everything that decides what is in the folder. */
export function cacheKey(inputs: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const input of inputs) hash.update(`${input.length}:`).update(input);
  return hash.digest('hex').slice(0, 16);
}

/** Remembers that this set is in use. */
export function touch(key: string): void {
  const now = new Date();
  utimesSync(join(cacheRoot, key), now, now);
}

/** Sets unused for 30 days go, and so does what builders that are gone have left half-done. */
export function prune(): void {
  for (const entry of readdirSync(cacheRoot)) {
    const path = join(cacheRoot, entry);
    const builder = /^[0-9a-f]{16}\.tmp\.(\d+)$/.exec(entry)?.[1];
    const unused = /^[0-9a-f]{16}$/.test(entry) && Date.now() - statSync(path).mtimeMs > keptForMs;
    if (unused || (builder !== undefined && !isAlive(Number(builder)))) rmSync(path, { recursive: true, force: true });
  }
}

/** Waits until no other process builds this set, then holds the lock. Returns how to release it. */
export async function lock(key: string, waiting: (pid: number) => void): Promise<() => void> {
  mkdirSync(cacheRoot, { recursive: true });
  const path = join(cacheRoot, `${key}.lock`);
  for (;;) {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx' });
      return () => rmSync(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = holderOf(path);
    if (holder !== undefined && !isAlive(holder)) {
      unlinkSync(path);
    } else {
      if (holder !== undefined) waiting(holder);
      await sleep(lockPollMs);
    }
  }
}

/** Undefined when the lock was released meanwhile, or is being written. */
function holderOf(path: string): number | undefined {
  try {
    return Number(readFileSync(path, 'utf8')) || undefined;
  } catch {
    return undefined;
  }
}
