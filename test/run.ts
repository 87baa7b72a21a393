// Runs the test tiers one after the other, from nothing real to everything real, and counts: `npm test -- [tier …] [vitest filters …]`.
// Without names all run but those on request. A tier runs even if an earlier one failed. The last line is the count of tests.
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { MachineLacks } from './lab/machine-lacks.ts';
import { ensurePackages, ensureTools } from './lab/packages.ts';
import { Steps } from './lab/output/steps.ts';
import { ensureParts } from './lab/parts/parts.ts';
import { ensureRouters } from './lab/parts/routers.ts';
import { RunMarks } from './leftovers.ts';

type Command = readonly [program: string, ...args: string[]];

interface Tier {
  readonly name: string;
  readonly commands: readonly Command[];
  /** What the machine must have before it starts. */
  readonly prepare?: () => Promise<unknown>;
  readonly onRequest?: true;
}

interface Count {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** The part of the runner's JSON report that is read here. */
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

const steps = new Steps(process.stdout);
const root = join(import.meta.dirname, '..');
const marks = new RunMarks();
const report = join(marks.directory, 'report.json');

const vitest = (project: string): Command => [
  'vitest',
  'run',
  `--project=${project}`,
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report}`,
];

/** In private namespaces: no root needed, nothing left behind. */
const entered = (command: Command): Command => ['node', 'test/lab/enter.ts', ...command];

const smoke = (bench: string): Command => ['npm', 'run', 'bench', '--', bench, '--smoke'];

const tiers: readonly Tier[] = [
  {
    name: 'static',
    commands: [
      ['oxfmt', '--check', '.'],
      ['oxlint', '--type-aware'],
      ['tsc', '--project', '.'],
      ['node', 'shared/api/generate.ts', '--check'],
      ['knip'],
    ],
  },
  { name: 'unit', commands: [vitest('unit')] },
  { name: 'sim', commands: [vitest('sim')] },
  { name: 'api', commands: [vitest('api')], prepare: () => ensureParts(steps) },
  {
    name: 'host',
    commands: [entered(vitest('host'))],
    prepare: () => ensurePackages(steps).then(() => ensureRouters(steps)),
  },
  {
    name: 'lab',
    commands: [entered(vitest('lab'))],
    prepare: () =>
      ensurePackages(steps)
        .then(() => ensureTools(steps))
        .then(() => ensureRouters(steps))
        .then(() => ensureParts(steps)),
  },
  { name: 'demo', commands: [['npm', 'run', 'demo']], onRequest: true },
  { name: 'bench', commands: ['allocate', 'arp', 'failover', 'bgp'].map(smoke), onRequest: true },
];

const startedMs = Date.now();
const names = new Set(tiers.map((tier) => tier.name));
const wanted = process.argv.slice(2).filter((argument) => names.has(argument));
const filters = process.argv.slice(2).filter((argument) => !names.has(argument));
const results = new Map<string, Count>();
/** What failed, repeated at the end: who reads only the last lines of a long run learns it too. */
const failures: string[] = [];
const chosen = ({ name, onRequest }: Tier): boolean =>
  wanted.length === 0 ? onRequest === undefined : wanted.includes(name);
for (const tier of tiers.filter(chosen)) {
  results.set(tier.name, await runTier(tier));
}
rmSync(report, { force: true });
const left = marks.leftBehind();
marks.remove();
if (left.length > 0) results.set('nothing left behind', { passed: 0, failed: left.length, skipped: 0 });
for (const line of left) console.error(`left behind: ${line}`);
process.exitCode = sum('failed') === 0 ? 0 : 1;
printCounts();

async function runTier(tier: Tier): Promise<Count> {
  console.log(`\n── ${tier.name}`);
  try {
    await tier.prepare?.();
  } catch (error) {
    if (!(error instanceof MachineLacks)) throw error;
    return lacking(tier.name, error.message);
  }
  return tier.commands.map(runCommand).reduce(add);
}

/** On a person's machine a tier that cannot run is skipped aloud; in CI that is a failure. */
function lacking(tier: string, why: string): Count {
  const inCi = process.env['CI'] === 'true';
  console.error(`${inCi ? 'FAILED' : 'skipped'}: ${tier}: ${why}`);
  return { passed: 0, failed: inCi ? 1 : 0, skipped: inCi ? 0 : 1 };
}

/** The runner's own count when it wrote one; a command that counts nothing is one test. */
function runCommand([program, ...args]: Command): Count {
  rmSync(report, { force: true });
  const counts = args.includes(`--outputFile.json=${report}`);
  const { status } = spawnSync(program, counts ? [...args, ...filters] : args, {
    cwd: root,
    env: marks.env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const count = counts ? readReport() : { passed: status === 0 ? 1 : 0, failed: 0, skipped: 0 };
  if (count !== undefined && (status === 0 || count.failed > 0)) return count;
  // A file that does not load is counted by no test: the exit code says it.
  failures.push(`${[program, ...args].join(' ')}: exit code ${status}${count === undefined ? ', no report' : ''}`);
  return { passed: count?.passed ?? 0, failed: 1, skipped: count?.skipped ?? 0 };
}

function readReport(): Count | undefined {
  let told: Report;
  try {
    told = JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    return undefined;
  }
  failures.push(...told.testResults.flatMap(failuresOf));
  return {
    passed: told.numPassedTests,
    failed: told.numFailedTests,
    skipped: told.numPendingTests + told.numTodoTests,
  };
}

function failuresOf({ name, status, message, assertionResults }: Report['testResults'][number]): readonly string[] {
  const file = relative(root, name);
  const failed = assertionResults.filter((test) => test.status === 'failed');
  if (failed.length === 0) return status === 'failed' ? [`${file}: ${firstLine(message)}`] : [];
  return failed.map(({ fullName, failureMessages }) => `${file}: ${fullName}: ${firstLine(failureMessages[0] ?? '')}`);
}

function firstLine(text: string): string {
  return (text.split('\n', 1)[0] ?? '').slice(0, 200);
}

function add(a: Count, b: Count): Count {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}

function sum(what: keyof Count): number {
  return [...results.values()].reduce((total, count) => total + count[what], 0);
}

function printCounts(): void {
  for (const failure of failures) console.log(`failed: ${failure}`);
  const seconds = Math.round((Date.now() - startedMs) / 1000);
  const perTier = [...results].map(
    ([name, { passed, failed }]) => `${name} ${failed === 0 ? passed : `${failed} of ${passed + failed} failed`}`,
  );
  console.log(
    `\n${sum('failed') === 0 ? 'passed' : 'FAILED'} in ${Math.floor(seconds / 60)}m${seconds % 60}s: ${perTier.join(', ')}`,
  );
  console.log(`${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`);
}
