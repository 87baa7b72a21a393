// One run as plain data: what there is, what befalls it, and for how long. It can be printed, made smaller, kept in a file and played again.
import type { ScheduledFault } from '../faults/fault.ts';
import type { WorldOptions } from '../world/world.ts';

export type Topology = Omit<WorldOptions, 'seed'>;

export interface SimulationCase {
  readonly seed: number;
  readonly topology: Topology;
  readonly schedule: readonly ScheduledFault[];
  readonly forMs: number;
}
