// `npm run bench -- NAME [--json] [--smoke] [--rounds N]`: prepares the machine, then measures in private namespaces, where our programs run as
// their Pods would.
import { join } from 'node:path';
import { enter, exitWith } from '../lab/enter.ts';
import { Steps } from '../lab/output/steps.ts';
import { ensurePackages } from '../lab/packages.ts';
import { ensureParts } from '../lab/parts/parts.ts';

async function main(): Promise<number> {
  const steps = new Steps(process.stderr);
  await ensurePackages(steps);
  await ensureParts(steps);
  return enter([process.execPath, join(import.meta.dirname, 'measure-main.ts'), ...process.argv.slice(2)]);
}

await exitWith(main);
