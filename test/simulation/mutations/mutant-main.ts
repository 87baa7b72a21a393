// In a copy of the tree that a mutant was put into: plays what is to catch it until it is caught, and prints what was violated in each run as JSON.
import assert from 'node:assert';
import { soak } from '../explore/soak.ts';
import { playCase } from '../play/play-case.ts';
import { Stage } from '../play/stage.ts';
import { scenarios } from '../scenarios/all.ts';
import { mutants } from './all.ts';
import type { Mutant } from './mutant.ts';

export interface Caught {
  readonly run: string;
  readonly invariant: string;
  readonly message: string;
}

const forMs = 300_000;

const mutant = mutants.find(({ name }) => name === process.argv[2]);
assert(mutant !== undefined, `there is no mutant ${process.argv[2]}`);
console.log(JSON.stringify(hunt(mutant)));

function hunt({ caughtBy, scenarios: names = [], soakSeeds = 0 }: Mutant): readonly Caught[] {
  const caught: Caught[] = [];
  for (const [run, play] of runs(names, soakSeeds)) {
    const [violation] = play().violations;
    if (violation === undefined) continue;
    caught.push({ run, invariant: violation.invariant, message: violation.message });
    if (caughtBy.includes(violation.invariant)) return caught;
  }
  return caught;
}

function* runs(names: readonly string[], soakSeeds: number): Generator<readonly [string, () => Stage]> {
  for (const name of names) {
    const scenario = scenarios.find((each) => each.name === name);
    assert(scenario !== undefined, `there is no scenario ${name}`);
    for (const seed of scenario.seeds) yield [`${name} ${seed}`, () => played(scenario, seed)];
  }
  for (let seed = 1; seed <= soakSeeds; seed++) yield [`soak ${seed}`, () => playCase(soak({ seed, forMs }))];
}

function played({ name, topology, script }: (typeof scenarios)[number], seed: number): Stage {
  const stage = new Stage({ name, seed, topology });
  stage.play(script);
  return stage;
}
