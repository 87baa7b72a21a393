// The LAN falls apart and heals: afterwards one node answers for each address, and what the larger side had stays there.
import type { Fault } from '../faults/fault.ts';
import { expectAllServed, expectSameOwners, expectUnmoved, ownersForAll, shown } from './look.ts';
import type { Scenario } from './scenario.ts';

function split(name: string, nodes: number, faults: readonly Fault[]): Scenario {
  return {
    name,
    topology: { nodes, services: 12, pools: 1, poolAddresses: 16, controllers: 2, clients: 3 },
    seeds: [1, 2],
    script: (stage) => {
      stage.run(20_000);
      const before = shown(stage);
      const [first] = faults;
      const few = first?.kind === 'partition' && 2 * first.nodes.length < nodes ? first.nodes : undefined;
      const stayed = new Map([...ownersForAll(stage)].filter(([, owner]) => few?.includes(owner) === false));
      for (const fault of faults) {
        stage.apply(fault);
        stage.run(700);
      }
      stage.run(90_000);
      expectUnmoved(stage, before);
      expectAllServed(stage);
      expectSameOwners(stage, stayed, 'though it was among the many');
    },
  };
}

const half = ['n1', 'n2', 'n3', 'n4', 'n5'];

export const partitionInHalves = split('partition 5|5 and heal', 10, [
  { kind: 'partition', nodes: half, oneWay: false, forMs: 20_000 },
]);
export const partitionOfOne = split('partition 9|1 and heal', 10, [
  { kind: 'partition', nodes: ['n1'], oneWay: false, forMs: 20_000 },
]);
/** So many that each of them knows that it hears. */
export const partitionOfThree = split('partition 7|3 and heal', 10, [
  { kind: 'partition', nodes: ['n1', 'n2', 'n3'], oneWay: false, forMs: 20_000 },
]);
export const partitionOneWay = split('one-way partition and heal', 5, [
  { kind: 'partition', nodes: ['n1', 'n2'], oneWay: true, forMs: 20_000 },
]);
export const partitionFlapping = split(
  'flapping partition',
  5,
  Array.from({ length: 20 }, () => ({ kind: 'partition', nodes: ['n1', 'n2'], oneWay: false, forMs: 350 }) as const),
);
/** Nodes that reach each other, but some of them not the apiserver. */
export const cutFromTheApi = split('nodes cut from the apiserver', 5, [
  { kind: 'api cut', nodes: ['n1', 'n2'], forMs: 40_000 },
]);
