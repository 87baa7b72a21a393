// Cases as fast-check draws them and makes them smaller: by a seed of the simulator's own, so that each can be replayed without fast-check.
import fc from 'fast-check';
import type { SimulationCase } from '../play/simulation-case.ts';
import { smallerCases } from './smaller.ts';
import { soak, type SoakOptions } from './soak.ts';

const mostSeed = 0x7fff_ffff;

class CaseArbitrary extends fc.Arbitrary<SimulationCase> {
  readonly #options: Omit<SoakOptions, 'seed'>;

  constructor(options: Omit<SoakOptions, 'seed'>) {
    super();
    this.#options = options;
  }

  override generate(random: fc.Random): fc.Value<SimulationCase> {
    return new fc.Value(soak({ ...this.#options, seed: random.nextInt(1, mostSeed) }), undefined);
  }

  override canShrinkWithoutContext(value: unknown): value is SimulationCase {
    return typeof value === 'object' && value !== null && 'schedule' in value;
  }

  override shrink(value: SimulationCase): fc.Stream<fc.Value<SimulationCase>> {
    return fc.stream(smallerCases(value)).map((smaller) => new fc.Value(smaller, undefined));
  }
}

export function simulationCases(options: Omit<SoakOptions, 'seed'>): fc.Arbitrary<SimulationCase> {
  return new CaseArbitrary(options);
}
