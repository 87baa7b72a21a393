// Looks for a case that goes wrong, and for the smallest one that goes wrong in the same way.
import fc from 'fast-check';
import { playCase } from '../play/play-case.ts';
import type { SimulationCase } from '../play/simulation-case.ts';
import type { Violation } from '../play/stage.ts';
import { simulationCases } from './case-arbitrary.ts';
import type { SoakOptions } from './soak.ts';

export interface Failing {
  readonly found: SimulationCase;
  readonly violation: Violation;
  /** fast-check's own, with its seed. */
  readonly path: string;
}

export interface Exploration extends Omit<SoakOptions, 'seed'> {
  /** fast-check's. */
  readonly seed: number;
  readonly runs: number;
  readonly path?: string | undefined;
}

/** How many smaller cases are tried, and how much may happen in them: half a minute's work. */
const mostAttempts = 150;
const mostEvents = 20_000_000;

/** Undefined: all went well. */
export function explore({ seed, runs, path, ...options }: Exploration): Failing | undefined {
  return search(options, { seed, numRuns: runs, ...(path === undefined ? {} : { path }) });
}

/** The smallest case found that violates what this one violates. Nothing after the violation counts. */
export function shrunk(failing: SimulationCase, { atUs }: Violation): Failing | undefined {
  const forMs = Math.min(failing.forMs, Math.ceil(atUs / 1000) + 1);
  const until = { ...failing, forMs, schedule: failing.schedule.filter(({ atMs }) => atMs <= forMs) };
  return search({ forMs }, { seed: failing.seed, numRuns: 1, examples: [[until]] });
}

function search(options: Omit<SoakOptions, 'seed'>, parameters: fc.Parameters<[SimulationCase]>): Failing | undefined {
  let first: string | undefined;
  let attempts = 0;
  let events = 0;
  const violations = new Map<SimulationCase, Violation>();
  const isFine = (played: SimulationCase): boolean => {
    if (first !== undefined && (attempts++ >= mostAttempts || events > mostEvents)) return true;
    const stage = playCase(played);
    events += stage.world.scheduler.events;
    const violation = stage.violations[0];
    if (violation === undefined || (first !== undefined && violation.invariant !== first)) return true;
    first = violation.invariant;
    violations.set(played, violation);
    return false;
  };
  const details = fc.check(fc.property(simulationCases(options), isFine), parameters);
  const found = details.counterexample?.[0];
  const violation = found === undefined ? undefined : violations.get(found);
  if (found === undefined || violation === undefined) return undefined;
  return { found, violation, path: details.counterexamplePath ?? '' };
}
