// The demo: npm run demo [-- --scenario l2|failover] [--keep] [--nodes N]. Sets up what it needs, shows, and leaves nothing behind.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { enter, exitWith } from '../enter.ts';
import { Steps } from '../output/steps.ts';
import { ensurePackages } from '../packages.ts';
import { ensureParts } from '../parts/parts.ts';

const usage = `usage: npm run demo [-- --scenario l2|failover] [--keep] [--nodes 2..10]
  --scenario   l2: Services get addresses and are reached; failover: that, then a speaker is killed and a node powered off (default)
  --keep       leave the lab up until Ctrl-C`;
const usageExitCode = 2;
const scenarios: ReadonlySet<string> = new Set(['l2', 'failover']);

interface DemoOptions {
  readonly scenario: string;
  readonly nodes: string;
  readonly keep: boolean;
}

function parse(): DemoOptions | undefined {
  try {
    const { values } = parseArgs({
      options: {
        scenario: { type: 'string', default: 'failover' },
        nodes: { type: 'string', default: '3' },
        keep: { type: 'boolean', default: false },
      },
    });
    const valid = scenarios.has(values.scenario) && /^([2-9]|10)$/.test(values.nodes);
    return valid ? values : undefined;
  } catch {
    return undefined;
  }
}

async function main(): Promise<number> {
  const options = parse();
  if (options === undefined) {
    console.error(usage);
    return usageExitCode;
  }
  const steps = new Steps(process.stdout);
  await ensurePackages(steps);
  await ensureParts(steps);
  const inside = join(import.meta.dirname, 'inside-main.ts');
  const words = [options.scenario, options.nodes, options.keep ? 'keep' : 'end'];
  return enter([process.execPath, inside, ...words], { purpose: 'demo' });
}

await exitWith(main);
