// Nodes give their addresses away: by a label, by the taint of an autoscaler, while the one who is to take them dies. Clients lose nothing, and no
// other address moves.
import { nodes as nodeKind } from '#shared/kube/resources.ts';
import type { Ip } from '#shared/net/ip.ts';
import { fieldsOf } from '../apiserver/object.ts';
import type { Stage } from '../play/stage.ts';
import { expectAllServed, expectSameOwners, isLocalAddress, ownersForAll } from './look.ts';
import type { Scenario } from './scenario.ts';

const node = 'n2';
const topology = { nodes: 4, services: 40, pools: 1, poolAddresses: 60, controllers: 1, clients: 2 };
/** Ten offers a second, after what the apiserver says has come through. */
const drainedMs = 8_000;

function others(before: ReadonlyMap<Parameters<Stage['answerers']['now']>[0], string>) {
  return new Map([...before].filter(([, owner]) => owner !== node));
}

function taint(stage: Stage, key: string | undefined): void {
  const taints = key === undefined ? [] : [{ key, effect: 'NoSchedule' }];
  stage.world.apiserver.edit(nodeKind, undefined, node, (object) => ({
    ...object,
    spec: { ...fieldsOf(object['spec']), taints },
  }));
}

export const drainByTaint: Scenario = {
  name: 'a node is drained by the taint of an autoscaler',
  topology,
  seeds: [1, 2],
  script: (stage) => {
    stage.run(30_000);
    const before = ownersForAll(stage);
    const gaps = new Set<Ip>();
    stage.world.observe({
      answering: (_node, _segment, ip) => {
        if (before.has(ip) && stage.answerers.now(ip).length === 0) gaps.add(ip);
      },
    });
    taint(stage, 'ToBeDeletedByClusterAutoscaler');
    stage.run(drainedMs);
    stage.expect(gaps.size === 0, [...gaps].join(), 'was answered by nobody while it was handed over');
    expectSameOwners(stage, others(before), `by the drain of ${node}`);
    for (const [ip, owner] of before) {
      if (owner === node) stage.expect(stage.answerers.now(ip).join() !== node, ip, `still answered by ${node}`);
    }
    const drained = ownersForAll(stage);
    taint(stage, undefined);
    stage.run(30_000);
    expectSameOwners(stage, drained, `by the return of ${node}`);
    expectAllServed(stage);
  },
};

export const targetDies: Scenario = {
  name: 'a node dies while it is given addresses',
  topology,
  seeds: [1, 2, 3, 4],
  script: (stage) => {
    stage.run(30_000);
    stage.apply({ kind: 'exclude label', node, forMs: 60_000 });
    stage.run(300 * stage.world.options.seed);
    stage.apply({ kind: 'power loss', node: 'n3', forMs: 60_000 });
    stage.run(20_000);
    for (const ip of stage.world.shown.all.filter((each) => !isLocalAddress(stage, each))) {
      const [owner] = stage.answerers.now(ip);
      stage.expect(owner !== node, ip, `still answered by ${node}`);
    }
    stage.run(90_000);
    expectAllServed(stage);
  },
};

/** Nobody says why: its speaker is asked to end and comes back, or does not. */
export const speakerAskedToEnd: Scenario = {
  name: 'a speaker is asked to end and is back in 8 s',
  topology,
  seeds: [1, 2],
  script: (stage) => {
    stage.run(30_000);
    const before = ownersForAll(stage);
    stage.apply({ kind: 'terminate', program: 'speaker', node, backAfterMs: 1_500 });
    stage.run(20_000);
    expectSameOwners(stage, before, 'by the restart of a speaker that said farewell');
    expectAllServed(stage);
  },
};
