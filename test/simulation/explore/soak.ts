// The scenario `soak`: size and troubles all drawn from the seed.
import { durationMs } from '../faults/begin.ts';
import type { ScheduledFault } from '../faults/fault.ts';
import type { SimulationCase, Topology } from '../play/simulation-case.ts';
import { randomFor } from '../time/random.ts';
import { Dice } from './dice.ts';
import { drawFault, drawRouterFault } from './fault-kinds.ts';

export interface SoakOptions {
  readonly seed: number;
  readonly forMs: number;
  /** What is not left to the seed. */
  readonly topology?: Partial<Topology>;
}

/** Faults come in rounds with a rest at the end, in which everything has to become right again. */
const roundMs = 300_000;
const mostFaultsPerRound = 8;
const firstFaultMs = 3_000;
/** In hundredths of a round: the last fault begins, and the last one ends. */
const lastBeginPercent = 45;
const lastEndPercent = 60;
const soonMs = 1_000;

export function soak({ seed, forMs, topology: given = {} }: SoakOptions): SimulationCase {
  const topology = { ...drawTopology(seed), ...drawExtras(seed), ...given };
  const dice = new Dice(randomFor(seed, 'soak schedule'), topology);
  const schedule: ScheduledFault[] = [];
  for (let atMs = 0; atMs < forMs; atMs += roundMs) {
    schedule.push(...drawRound(dice, atMs, Math.min(roundMs, forMs - atMs)));
  }
  if (topology.routers !== undefined) schedule.push(...drawRouterFaults(seed, topology, forMs));
  return { seed, topology, schedule: schedule.toSorted((a, b) => a.atMs - b.atMs), forMs };
}

function drawTopology(seed: number): Topology {
  const random = randomFor(seed, 'soak topology');
  const dice = new Dice(random, { nodes: 1, services: 0, pools: 1, poolAddresses: 1, controllers: 1, clients: 1 });
  const nodes = dice.pick([2, 3, 3, 5]);
  const services = dice.scale(3, 24);
  const pools = dice.between(1, 3);
  // One time in four there are not enough addresses for all.
  const poolAddresses = dice.chance(25) ? Math.ceil(services / (2 * pools)) : 2 * services;
  return { nodes, services, pools, poolAddresses, controllers: dice.pick([1, 2, 2]), clients: dice.between(1, 3) };
}

/** In hundredths of the worlds: both families, two LANs, routers that are told routes. Drawn apart: all else of a seed stays as it is. */
const extraPercents = { families: 15, lans: 10, routers: 25 } as const;

function drawExtras(seed: number): Partial<Topology> {
  const random = randomFor(seed, 'soak extras');
  const dice = new Dice(random, { nodes: 1, services: 0, pools: 1, poolAddresses: 1, controllers: 1, clients: 1 });
  const [families, lans, routers] = Object.values(extraPercents).map((percent) => dice.chance(percent));
  return {
    ...(families === true ? { families: 'both' } : {}),
    ...(lans === true ? { lans: 2 } : {}),
    ...(routers === true ? { routers: 2 } : {}),
  };
}

const mostRouterFaults = 2;

function drawRouterFaults(seed: number, topology: Topology, forMs: number): readonly ScheduledFault[] {
  const dice = new Dice(randomFor(seed, 'soak routers'), topology);
  const lastEndMs = Math.floor((Math.min(roundMs, forMs) * lastEndPercent) / 100);
  return Array.from({ length: dice.between(0, mostRouterFaults) }, () => {
    const atMs = dice.between(firstFaultMs, Math.floor(lastEndMs / 2));
    return { atMs, fault: shortened(drawRouterFault(dice), lastEndMs - atMs) };
  });
}

function drawRound(dice: Dice, fromMs: number, lengthMs: number): readonly ScheduledFault[] {
  // One by itself shows what many hide.
  const count = dice.chance(15) ? 1 : dice.between(0, mostFaultsPerRound);
  const lastBeginMs = Math.floor((lengthMs * lastBeginPercent) / 100);
  const lastEndMs = Math.floor((lengthMs * lastEndPercent) / 100);
  const drawn: ScheduledFault[] = [];
  while (drawn.length < count) {
    const atMs = Math.min(lastBeginMs, drawBegin(dice, drawn, lastBeginMs));
    drawn.push({ atMs, fault: shortened(drawFault(dice), lastEndMs - atMs) });
  }
  return drawn.map(({ atMs, fault }) => ({ atMs: fromMs + atMs, fault }));
}

/** Rather while another fault lasts, or just after it has ended, than at any time. */
function drawBegin(dice: Dice, drawn: readonly ScheduledFault[], lastMs: number): number {
  const how = drawn.length === 0 ? 'any' : dice.weighted([['any', 30] as const, ['during', 40], ['after', 30]]);
  if (how === 'any') return dice.between(Math.min(firstFaultMs, lastMs), lastMs);
  const { atMs, fault } = dice.pick(drawn);
  const endMs = atMs + durationMs(fault);
  return how === 'during' ? dice.between(atMs, endMs) : dice.between(endMs, endMs + soonMs);
}

function shortened<F extends ScheduledFault['fault']>(fault: F, mostMs: number): F {
  return 'forMs' in fault && fault.forMs > mostMs ? { ...fault, forMs: Math.max(1, mostMs) } : fault;
}
