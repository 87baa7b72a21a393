// The seeds that are played whenever the code changes, and what all of them together have to have judged.
import { invariants } from '../checkers/all.ts';
import { expectFine } from '../play/expect-fine.ts';
import { playCase } from '../play/play-case.ts';
import type { Stage } from '../play/stage.ts';
import { soak } from './soak.ts';

const usualForMs = 120_000;
/** Each seed is played with each. */
export const sizes = [2, 3, 5] as const;

/** Throws at the first violation. */
export function playSeed(seed: number, nodes: number, forMs = usualForMs): Stage {
  const stage = playCase(soak({ seed, forMs, topology: { nodes } }));
  expectFine(stage, `npm run sim -- --seed ${seed} --nodes ${nodes} --minutes ${forMs / 60_000}`);
  return stage;
}

/** What many runs have shown: an invariant that was never looked at on something shows nothing. */
export class Coverage {
  readonly #evaluations = new Map<string, number>();
  #flows = 0;

  add({ checkers, world }: Stage): void {
    for (const [invariant, count] of checkers.evaluations) {
      this.#evaluations.set(invariant, (this.#evaluations.get(invariant) ?? 0) + count);
    }
    for (const client of world.clients) this.#flows += client.flows;
  }

  get neverJudged(): readonly string[] {
    return invariants.filter((invariant) => (this.#evaluations.get(invariant) ?? 0) === 0);
  }

  get flows(): number {
    return this.#flows;
  }
}
