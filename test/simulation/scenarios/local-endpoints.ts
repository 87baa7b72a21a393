// externalTrafficPolicy Local: traffic goes where endpoints are, to terminating ones where none is ready, and for a shared address to a node
// that has some of every Service behind it.
import { endpointSlices, services } from '#shared/kube/resources.ts';
import { serviceManifest, serviceNamespace } from '../world/manifests.ts';
import { expectAllAllocated, expectAllServed } from './look.ts';
import type { Scenario } from './scenario.ts';

/** Its traffic policy is Local. */
const local = 3;

function end(node: string, state: 'ready' | 'terminating'): object {
  return {
    addresses: ['10.244.0.1'],
    nodeName: node,
    conditions: { ready: state === 'ready', serving: true, terminating: state === 'terminating' },
  };
}

export const localEndpointsTerminate: Scenario = {
  name: 'endpoints of ETP Local terminate',
  topology: { nodes: 3, services: 8, pools: 1, poolAddresses: 16, controllers: 1, clients: 2 },
  seeds: [1, 2, 3],
  script: (stage) => {
    stage.run(20_000);
    const slice = `s${local}-1`;
    const tell = (...endpoints: readonly object[]): void =>
      stage.world.apiserver.edit(endpointSlices, serviceNamespace, slice, (before) => ({ ...before, endpoints }));
    for (const [from, to] of [
      ['n1', 'n2'],
      ['n2', 'n3'],
      ['n3', 'n1'],
    ] as const) {
      tell(end(from, 'ready'));
      stage.run(60_000);
      tell(end(from, 'terminating'), end(to, 'ready'));
      stage.run(60_000);
      expectAllServed(stage);
      tell(end(to, 'terminating'));
      stage.run(60_000);
      expectAllServed(stage);
    }
  },
};

export const localSharers: Scenario = {
  name: 'sharers with ETP Local',
  topology: { nodes: 3, services: 0, pools: 1, poolAddresses: 4, controllers: 1, clients: 2 },
  seeds: [1, 2, 3],
  script: (stage) => {
    const { apiserver, workloads } = stage.world;
    const create = (index: number, ...nodes: readonly string[]): void => {
      const name = `local-${index}`;
      const clusterIPs = [`10.96.9.${index}`];
      const sharingKey = `local-${Math.ceil(index / 2)}`;
      const fields = { name, clusterIPs, port: 8_000 + index, policy: 'Local', sharingKey } as const;
      apiserver.put(services, serviceManifest(fields));
      workloads.run(serviceNamespace, name, nodes);
    };
    for (const pair of [0, 2, 4, 6]) {
      create(pair + 1, 'n1', 'n2');
      create(pair + 2, 'n2', 'n3');
    }
    stage.run(60_000);
    expectAllAllocated(stage);
    expectAllServed(stage);
    for (const ip of stage.world.shown.all) {
      const owner = stage.answerers.now(ip).join();
      stage.expect(owner === 'n2', ip, `answered by ${owner}, which does not have endpoints of both`);
    }
  },
};
