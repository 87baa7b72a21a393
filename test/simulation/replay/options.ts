// The command line of the simulator.
import { parseArgs } from 'node:util';

export const usage = `npm run sim -- --seed N [--scenario name] [--nodes n] [--services n] [--hours h | --minutes m]
npm run sim -- --schedule file.json
npm run sim -- --explore runs --seed N [--path p]     draws that many cases; seed and path are fast-check's
npm run sim -- --figures [--hours h] [--nodes n] [--services n]
                                                      for hours at 0, 1, 5 and 20 % loss: false failovers, moves, packets
npm run sim -- --scale                                10,000 Services on 100 nodes: what a start costs

  --scenario name   soak (default: everything drawn from the seed), or one of those in test/simulation/scenarios
  --trace           prints the trace, from --from ms to --to ms and of --node x if given, and writes all of it to
                    $TMPDIR/ingot-sim-<seed>.ndjson (after a violation it is written in any case, by a second run)
  --keep-going      collects violations instead of stopping at the first
  --save slug       writes the shortest failing case to test/simulation/regressions/<slug>.json
  --fast, --bytes   both run the same: beats and ARP travel as bytes

Ends with 1 if an invariant is violated.`;

export interface SimOptions {
  readonly seed: number;
  readonly scenario: string;
  readonly nodes: number | undefined;
  readonly services: number | undefined;
  readonly forMs: number | undefined;
  readonly schedule: string | undefined;
  readonly explore: number | undefined;
  readonly path: string | undefined;
  readonly scale: boolean;
  readonly figures: boolean;
  readonly trace: boolean;
  readonly fromMs: number;
  readonly toMs: number;
  readonly node: string | undefined;
  readonly keepGoing: boolean;
  readonly save: string | undefined;
}

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;

/** Throws with what is wrong. */
export function simOptions(args: readonly string[]): SimOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: text,
      scenario: text,
      nodes: text,
      services: text,
      hours: text,
      minutes: text,
      schedule: text,
      explore: text,
      path: text,
      from: text,
      to: text,
      node: text,
      save: text,
      scale: flag,
      figures: flag,
      trace: flag,
      'keep-going': flag,
      fast: flag,
      bytes: flag,
      help: flag,
    },
  });
  if (values.help === true) return 'help';
  const { hours, minutes } = values;
  if (hours !== undefined && minutes !== undefined) throw new Error('--hours or --minutes, not both');
  const givenMinutes = number('minutes', minutes) ?? multiply(number('hours', hours), 60);
  return {
    seed: number('seed', values.seed) ?? 1,
    scenario: values.scenario ?? 'soak',
    nodes: number('nodes', values.nodes),
    services: number('services', values.services),
    forMs: multiply(givenMinutes, 60_000),
    schedule: values.schedule,
    explore: number('explore', values.explore),
    path: values.path,
    scale: values.scale === true,
    figures: values.figures === true,
    trace: values.trace === true,
    fromMs: number('from', values.from) ?? 0,
    toMs: number('to', values.to) ?? Infinity,
    node: values.node,
    keepGoing: values['keep-going'] === true,
    save: values.save,
  };
}

function number(name: string, given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  const value = Number(given);
  if (given.trim() === '' || !Number.isFinite(value) || value < 0) throw new Error(`--${name}: not a number: ${given}`);
  return value;
}

function multiply(value: number | undefined, by: number): number | undefined {
  return value === undefined ? undefined : Math.round(value * by);
}
