// What a start costs in a large cluster: 10,000 Services that have their addresses, 100 nodes; one controller and one speaker are started. The
// simulation knows no real time: that is taken from outside.
import { services } from '#shared/kube/resources.ts';
import type { Program } from '../faults/fault.ts';
import { poolRange } from '../world/address-plan.ts';
import { serviceNamespace } from '../world/manifests.ts';
import { poolName, serviceName } from '../world/users.ts';
import { World } from '../world/world.ts';
import { sampled } from './sampled.ts';

export interface ScaleOptions {
  readonly seed: number;
  readonly nodes: number | undefined;
  readonly services: number | undefined;
}

const startForMs = 20_000;
/** The rest of the cluster has heard of everything. */
const settledAfterMs = 20_000;
const planning: Readonly<Record<Program, string>> = {
  controller: 'plan controller/plan.ts',
  speaker: 'desired speaker/desired/desired.ts',
};

export function printScale({ seed, nodes = 100, services: count = 10_000 }: ScaleOptions): void {
  console.log(`${count} Services, ${nodes} nodes, seed ${seed}`);
  for (const program of ['controller', 'speaker'] as const) printStart(program, { seed, nodes, count });
}

function printStart(program: Program, { seed, nodes, count }: { seed: number; nodes: number; count: number }): void {
  const poolAddresses = Math.ceil(count * 1.5);
  const world = new World({ seed, nodes, services: count, pools: 1, poolAddresses, controllers: 1, clients: 0 });
  const requests = new Map<string, number>();
  const add = (what: string): void => void requests.set(what, (requests.get(what) ?? 0) + 1);
  world.observe({
    requested: (_, { verb, resource }) => add(`${verb} ${resource.plural}`),
    watching: (_, { resource }) => add(`watch ${resource.plural}`),
  });
  // All nodes are known; one is there, so that the others' kernels cost nothing.
  for (const machine of world.machines.values()) if (machine.name !== 'n1') machine.lose('power');
  world.boot(() => false);
  allocateAll(world, count);
  world.run(settledAfterMs);
  const beforeOctets = heapOctets();
  world.machine('n1').run(program);
  const startedMs = performance.now();
  const times = sampled([planning[program]], () => world.run(startForMs));
  const realMs = performance.now() - startedMs;
  const megabytes = (heapOctets() - beforeOctets) / 1_000_000;
  const { calls, totalMs, longestMs } = times.get(planning[program]) ?? { calls: 0, totalMs: 0, longestMs: 0 };
  const name = planning[program].split(' ')[0];
  console.log(`${program}: ${startForMs / 1000} virtual s from its start in ${(realMs / 1000).toFixed(1)} s`);
  console.log(`  ${name}(): ${calls} times, ${totalMs.toFixed(0)} ms together, longest ${longestMs.toFixed(0)} ms`);
  console.log(`  memory: ${megabytes.toFixed(0)} MB more than before`);
  console.log(`  requests: ${[...requests].map(([what, sent]) => `${sent} ${what}`).join(', ')}`);
}

/** As a controller has done before. */
function allocateAll({ apiserver }: World, count: number): void {
  for (let index = 0; index < count; index++) {
    apiserver.edit(services, serviceNamespace, serviceName(index), (service) => ({
      ...service,
      metadata: {
        ...service.metadata,
        annotations: { ...service.metadata.annotations, 'metallb.io/ip-allocated-from-pool': poolName(0) },
      },
      status: { loadBalancer: { ingress: [{ ip: poolRange(0, index + 1).split('-')[1], ipMode: 'VIP' }] } },
    }));
  }
}

function heapOctets(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
