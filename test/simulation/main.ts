// `npm run sim`: plays one run of the simulator, says what was violated, and ends with a line that says what was measured.
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { explore, type Failing } from './explore/explore.ts';
import { lastLine } from './play/last-line.ts';
import { reportOf } from './play/report.ts';
import type { Stage, Violation } from './play/stage.ts';
import { writeRegression } from './regressions/regression.ts';
import { simOptions, usage, type SimOptions } from './replay/options.ts';
import { playable, type Playable } from './replay/playable.ts';
import { TraceFile } from './replay/trace-file.ts';
import { printFigures } from './scale/print-figures.ts';
import { printScale } from './scale/print-scale.ts';
import { formatLine, type TraceLine } from './trace.ts';

const defaultForMs = 300_000;

process.exitCode = main(process.argv.slice(2));

function main(args: readonly string[]): number {
  let options: SimOptions | 'help';
  try {
    options = simOptions(args);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    return 2;
  }
  if (options === 'help') console.log(usage);
  else if (options.scale) printScale(options);
  else if (options.figures) printFigures(options);
  else if (options.explore !== undefined) return lookFor({ ...options, explore: options.explore });
  else return playOnce(options, playable(options));
  return 0;
}

function playOnce(options: SimOptions, played: Playable): number {
  const startedMs = performance.now();
  const file = options.trace ? traceFile(played) : undefined;
  const stage = played.play({
    keepGoing: options.keepGoing,
    built: ({ trace }) => {
      if (file !== undefined) trace.listener = (line) => showLine(line, options, file);
    },
  });
  file?.close();
  const realMs = performance.now() - startedMs;
  for (const violation of stage.violations) console.log(reportOf(violation, stage, played.command).join('\n'));
  const [first] = stage.violations;
  if (first !== undefined) explain(first, options, played);
  console.log(lastLine(stage, realMs));
  return stage.violations.length === 0 ? 0 : 1;
}

function explain(violation: Violation, options: SimOptions, played: Playable): void {
  if (!options.trace) writeTrace(played, options.keepGoing);
  const smallest = played.smallest(violation);
  if (smallest !== undefined) printSmallest(smallest, options);
}

function lookFor({
  seed,
  explore: runs,
  path,
  forMs = defaultForMs,
  ...options
}: SimOptions & { explore: number }): number {
  const failing = explore({ seed, runs, path, forMs });
  if (failing === undefined) {
    console.log(`${runs} cases from seed ${seed}: no violation`);
    return 0;
  }
  const { found, violation } = failing;
  console.log(`--explore ${runs} --seed ${seed} --path ${failing.path}: ${violation.invariant}: ${violation.message}`);
  printSmallest(failing, { ...options, seed, explore: runs, path, forMs });
  console.log(`its own seed: ${found.seed}`);
  return 1;
}

function printSmallest({ found, violation }: Failing, { save }: SimOptions): void {
  console.log(`shortest schedule found (${found.schedule.length} faults), which violates ${violation.invariant}:`);
  console.log(JSON.stringify(found));
  if (save === undefined) return;
  const { invariant, message } = violation;
  console.log(`written to ${writeRegression(save, { invariant, message, case: found })}`);
}

/** By a run of its own, which is the same. */
function writeTrace(played: Playable, keepGoing: boolean): void {
  const file = traceFile(played);
  const built: (world: Stage['world']) => void = ({ trace }) => (trace.listener = (line) => file.write(line));
  played.play({ keepGoing, built });
  file.close();
}

function traceFile({ seed }: Playable): TraceFile {
  const path = join(tmpdir(), `ingot-sim-${seed}.ndjson`);
  console.log(`trace: ${path}`);
  return new TraceFile(path);
}

function showLine(line: TraceLine, { fromMs, toMs, node }: SimOptions, file: TraceFile): void {
  file.write(line);
  const atMs = line.timeUs / 1000;
  if (atMs < fromMs || atMs > toMs) return;
  if (node === undefined || line.at === node || line.at.startsWith(`${node}/`)) console.log(formatLine(line));
}
