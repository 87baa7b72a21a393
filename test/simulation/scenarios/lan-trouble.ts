// What LANs do to the speakers' own messages: they lose them, one by one or in bursts, or a filter drops them all. Addresses stay where they are;
// and where nobody hears anybody, there is one who answers all the same.
import type { Fault } from '../faults/fault.ts';
import { expectAllServed, expectSameOwners, owners } from './look.ts';
import type { Scenario } from './scenario.ts';

const topology = { nodes: 5, services: 12, pools: 1, poolAddresses: 16, controllers: 2, clients: 2 };

function inOperation(name: string, fault: Fault, forMs: number): Scenario {
  return {
    name,
    topology,
    seeds: [1, 2, 3],
    script: (stage) => {
      stage.run(20_000);
      const before = owners(stage);
      stage.apply(fault);
      stage.run(forMs);
      expectSameOwners(stage, before, `by ${fault.kind}`);
      stage.run(30_000);
      expectSameOwners(stage, before, `by the end of ${fault.kind}`);
      expectAllServed(stage);
    },
  };
}

export const heavyLoss = inOperation('loss of 20 % for 5 min', { kind: 'loss', percent: 20, forMs: 300_000 }, 300_000);
export const halfLost = inOperation('loss of 50 % for 1 min', { kind: 'loss', percent: 50, forMs: 60_000 }, 60_000);
export const lossInBursts = inOperation(
  'loss in bursts for 5 min',
  { kind: 'loss in bursts', forMs: 300_000 },
  300_000,
);
export const udpFiltered = inOperation('UDP filtered in operation', { kind: 'udp filtered', forMs: 60_000 }, 60_000);
export const multicastFiltered = inOperation(
  'multicast filtered in operation',
  { kind: 'multicast filtered', forMs: 120_000 },
  120_000,
);

function crashIn(name: string, fault: Fault): Scenario {
  return {
    name,
    topology,
    seeds: [1, 2, 3],
    script: (stage) => {
      stage.run(20_000);
      stage.apply(fault);
      stage.run(10_000);
      stage.apply({ kind: 'power loss', node: 'n2', forMs: 20_000 });
      stage.run(60_000);
      expectAllServed(stage);
    },
  };
}

export const crashInLoss = crashIn('node crash at 5 % loss', { kind: 'loss', percent: 5, forMs: 60_000 });
export const crashInHeavyLoss = crashIn('node crash at 20 % loss', { kind: 'loss', percent: 20, forMs: 60_000 });

/** Each address is probed before it is taken; whoever comes first has it. */
export const udpFilteredFromTheStart: Scenario = {
  name: 'UDP filtered from the start',
  topology: { ...topology, nodes: 3 },
  seeds: [1, 2, 3],
  script: (stage) => {
    stage.apply({ kind: 'udp filtered', forMs: 90_000 });
    stage.run(60_000);
    expectAllServed(stage, { local: false });
    const before = owners(stage);
    stage.run(20_000);
    expectSameOwners(stage, before, 'in blind mode');
    stage.run(40_000);
    expectAllServed(stage);
  },
};

/** arp_ignore 8: nobody can tell by ARP whether it lives. */
export const silentKernel: Scenario = {
  name: 'a kernel that answers no ARP',
  topology: { ...topology, nodes: 3 },
  seeds: [1, 2],
  script: (stage) => {
    stage.world.machine('n1').kernel.answersArp = false;
    stage.run(20_000);
    const before = owners(stage);
    stage.run(300_000);
    expectSameOwners(stage, before, 'because a kernel is silent');
    stage.apply({ kind: 'pause', program: 'speaker', node: 'n1', thread: 'wire', forMs: 450 });
    stage.run(10_000);
    expectSameOwners(stage, before, 'by a brief pause');
    expectAllServed(stage);
  },
};
