// Cases that are a little smaller than one: fewer faults first, then shorter ones, then fewer Services, then fewer nodes.
import type { Fault, ScheduledFault } from '../faults/fault.ts';
import type { SimulationCase, Topology } from '../play/simulation-case.ts';
import { nodeName } from '../world/address-plan.ts';

/** From the boldest to the most careful. */
export function* smallerCases(from: SimulationCase): Generator<SimulationCase> {
  for (const schedule of fewerFaults(from.schedule)) yield { ...from, schedule };
  for (const schedule of shorterFaults(from.schedule)) yield { ...from, schedule };
  for (const topology of smallerTopologies(from)) yield { ...from, topology };
}

/** Without one half, a quarter, …, a single one. */
function* fewerFaults(schedule: readonly ScheduledFault[]): Generator<readonly ScheduledFault[]> {
  for (let size = schedule.length; size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let first = 0; first < schedule.length; first += size) yield schedule.toSpliced(first, size);
  }
}

const shortestMs = 10;

function* shorterFaults(schedule: readonly ScheduledFault[]): Generator<readonly ScheduledFault[]> {
  for (const [index, { atMs, fault }] of schedule.entries()) {
    if (!('forMs' in fault) || fault.forMs < 2 * shortestMs) continue;
    yield schedule.with(index, { atMs, fault: { ...fault, forMs: Math.floor(fault.forMs / 2) } });
  }
}

function* smallerTopologies({ topology, schedule }: SimulationCase): Generator<Topology> {
  const { nodes, services, controllers, clients, pools } = topology;
  const smallest = leastNodes(schedule);
  for (const fewer of new Set([0, services >> 1, services - 1])) {
    if (fewer >= 0 && fewer < services) yield { ...topology, services: fewer };
  }
  if (nodes - 1 >= Math.max(1, smallest, controllers)) yield { ...topology, nodes: nodes - 1 };
  if (controllers > Math.max(1, smallest)) yield { ...topology, controllers: controllers - 1 };
  if (clients > 1) yield { ...topology, clients: 1 };
  if (pools > 1) yield { ...topology, pools: pools - 1 };
}

/** So many that every fault finds its target. */
function leastNodes(schedule: readonly ScheduledFault[]): number {
  const named = new Set(schedule.flatMap(({ fault }) => nodesOf(fault)));
  let least = 0;
  for (let index = 0; named.size > 0; index++) if (named.delete(nodeName(index))) least = index + 1;
  return least;
}

function nodesOf(fault: Fault): readonly string[] {
  if ('node' in fault) return [fault.node];
  return 'nodes' in fault ? fault.nodes : [];
}
