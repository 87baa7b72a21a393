// `npm run bench -- NAME [PART] [--json] [--smoke] [--rounds N]`: prepares the machine, then measures in private namespaces, where our programs run as
// their Pods would.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { enter, exitWith } from '../lab/enter.ts';
import { Steps } from '../lab/output/steps.ts';
import { ensurePackages } from '../lab/packages.ts';
import { ensureParts } from '../lab/parts/parts.ts';
import { ensureRouters } from '../lab/parts/routers.ts';

async function main(): Promise<number> {
  const steps = new Steps(process.stderr);
  await ensurePackages(steps);
  await ensureParts(steps);
  // A smoke takes what is there.
  if (process.argv[2] === 'bgp' && !process.argv.includes('--smoke')) await ensureRouters(steps);
  // Data are known by the process that made them, and inside processes have other numbers: a folder of its own.
  const directory = mkdtempSync(join(tmpdir(), 'ingot-bench-'));
  process.env['TMPDIR'] = directory;
  try {
    return await enter([process.execPath, join(import.meta.dirname, 'measure-main.ts'), ...process.argv.slice(2)]);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

await exitWith(main);
