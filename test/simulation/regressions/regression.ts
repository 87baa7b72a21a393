// Cases that once went wrong: found by exploration, made small, kept in this folder, and played ever after.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SimulationCase } from '../play/simulation-case.ts';

export interface Regression {
  /** What it violated. */
  readonly invariant: string;
  /** What was wrong. */
  readonly message: string;
  readonly case: SimulationCase;
}

export function readRegression(path: string): Regression {
  return JSON.parse(readFileSync(path, 'utf8')) as Regression;
}

/** By slug. */
export function regressions(): ReadonlyMap<string, Regression> {
  const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.json'));
  return new Map(
    files.toSorted().map((name) => [name.slice(0, -'.json'.length), readRegression(join(import.meta.dirname, name))]),
  );
}

/** Answers with its path. */
export function writeRegression(slug: string, regression: Regression): string {
  const path = join(import.meta.dirname, `${slug}.json`);
  writeFileSync(path, `${JSON.stringify(regression, undefined, 2)}\n`);
  return path;
}
