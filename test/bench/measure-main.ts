// Measures, always beside the limit in the same run. Figures go to standard output (a table, or one JSON object a line), everything else to
// standard error.
import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release } from 'node:os';
import { parseArgs } from 'node:util';
import { allocate } from './allocate.ts';
import { arp } from './arp.ts';
import type { Bench, Figure } from './bench.ts';
import { bgp } from './bgp.ts';
import { failover } from './failover.ts';

const benches: readonly Bench[] = [allocate, arp, bgp, failover];
const defaultRounds = 3;

const { values, positionals } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    smoke: { type: 'boolean', default: false },
    rounds: { type: 'string' },
  },
  allowPositionals: true,
});
const [name, part] = positionals;
const bench = benches.find((one) => one.name === name);
const rounds = Number(values.rounds ?? bench?.defaultRounds ?? defaultRounds);
const hasPart = part === undefined || bench?.parts?.includes(part);
if (bench === undefined || !hasPart || positionals.length > 2 || !Number.isInteger(rounds) || rounds < 1) {
  const forms = benches.map((one) => (one.parts === undefined ? one.name : `${one.name} [${one.parts.join('|')}]`));
  console.error(`usage: npm run bench -- NAME [--json] [--smoke] [--rounds N]; NAME is\n  ${forms.join('\n  ')}`);
  process.exit(2);
}

const figures: Figure[] = [];
const report = (figure: Figure): void => {
  figures.push(figure);
  if (values.json) console.log(JSON.stringify({ bench: bench.name, ...figure }));
};
const loadBefore = loadavg()[0] ?? 0;
await bench.run({
  smoke: values.smoke,
  rounds: values.smoke ? 1 : rounds,
  part,
  report,
  log: (text) => console.error(text),
});
report({
  metric: 'machine',
  value: cpus().length,
  unit: 'cores',
  cpu: cpus()[0]?.model ?? 'unknown',
  kernel: release(),
  node: process.versions.node,
  commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim(),
  load_before: loadBefore,
  load_after: loadavg()[0] ?? 0,
});
if (!values.json)
  console.table(
    figures.map(({ value, min, max, ...rest }) => ({ ...rest, value: round(value), min: round(min), max: round(max) })),
  );

function round(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Number(value.toPrecision(4));
}
