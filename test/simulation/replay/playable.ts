// What the command line asks for, ready to be played as often as needed: each time the same.
import { shrunk, type Failing } from '../explore/explore.ts';
import { soak } from '../explore/soak.ts';
import { playCase } from '../play/play-case.ts';
import type { SimulationCase, Topology } from '../play/simulation-case.ts';
import { Stage, type StageOptions, type Violation } from '../play/stage.ts';
import { readRegression } from '../regressions/regression.ts';
import { scenarios } from '../scenarios/all.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import type { SimOptions } from './options.ts';

export type PlayOptions = Pick<StageOptions, 'keepGoing' | 'built'>;

export interface Playable {
  readonly seed: number;
  readonly command: string;
  play(options: PlayOptions): Stage;
  /** The smallest schedule found with which the same goes wrong; undefined where there is no schedule. */
  smallest(violation: Violation): Failing | undefined;
}

const usualForMs = 300_000;

export function playable(options: SimOptions): Playable {
  const { schedule, scenario, seed } = options;
  if (schedule !== undefined) return ofCase(readRegression(schedule).case, `npm run sim -- --schedule ${schedule}`);
  const command = [`npm run sim -- --seed ${seed}`, ...given(options)].join(' ');
  if (scenario !== 'soak') return ofScenario(scenarioNamed(scenario), options, command);
  return ofCase(soak({ seed, forMs: options.forMs ?? usualForMs, topology: topologyIn(options) }), command);
}

function given({ scenario, nodes, services, forMs }: SimOptions): readonly string[] {
  return [
    ...(scenario === 'soak' ? [] : [`--scenario ${scenario}`]),
    ...(nodes === undefined ? [] : [`--nodes ${nodes}`]),
    ...(services === undefined ? [] : [`--services ${services}`]),
    ...(forMs === undefined ? [] : [`--minutes ${forMs / 60_000}`]),
  ];
}

function ofCase(played: SimulationCase, command: string): Playable {
  return {
    seed: played.seed,
    command,
    play: (options) => playCase(played, options),
    smallest: (violation) => shrunk(played, violation),
  };
}

function ofScenario(scenario: Scenario, { seed, ...options }: SimOptions, command: string): Playable {
  const topology = { ...scenario.topology, ...topologyIn(options) };
  return {
    seed,
    command,
    play: (more) => {
      const stage = new Stage({ name: scenario.name, seed, topology, ...more });
      stage.play(scenario.script);
      return stage;
    },
    smallest: () => undefined,
  };
}

function topologyIn({ nodes, services }: Pick<SimOptions, 'nodes' | 'services'>): Partial<Topology> {
  return {
    ...(nodes === undefined ? {} : { nodes }),
    ...(services === undefined ? {} : { services, poolAddresses: 2 * services }),
  };
}

function scenarioNamed(name: string): Scenario {
  const found = scenarios.find((scenario) => scenario.name === name);
  if (found !== undefined) return found;
  throw new Error(`there is no scenario ${name}, but: soak, ${scenarios.map((each) => each.name).join(', ')}`);
}
