// Puts a mutant into a copy of the tree, lets the copy hunt it, and throws the copy away.
import assert from 'node:assert';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Caught } from './mutant-main.ts';
import type { Mutant } from './mutant.ts';

const root = join(import.meta.dirname, '../../..');
const parts = ['controller', 'shared', 'speaker', 'test/simulation', 'package.json'];
const longestHuntMs = 110_000;

/** What was violated, run by run, up to the first that was named. */
export function hunted(mutant: Mutant): readonly Caught[] {
  const copy = mkdtempSync(join(tmpdir(), 'ingot-mutant-'));
  try {
    mkdirSync(join(copy, 'test'));
    for (const part of parts) cpSync(join(root, part), join(copy, part), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    apply(mutant, copy);
    const main = join(copy, 'test/simulation/mutations/mutant-main.ts');
    const printed = execFileSync(process.execPath, [main, mutant.name], {
      encoding: 'utf8',
      timeout: longestHuntMs,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return JSON.parse(printed) as readonly Caught[];
  } finally {
    rmSync(copy, { recursive: true });
  }
}

function apply({ file, find, replace }: Mutant, copy: string): void {
  const path = join(copy, file);
  const [before, after, ...more] = readFileSync(path, 'utf8').split(find);
  assert(after !== undefined && more.length === 0, `to be found exactly once in ${file}: ${find}`);
  writeFileSync(path, `${before}${replace}${after}`);
}
