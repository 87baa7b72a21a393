// The Services of the bench, and the statuses that the plain loop gives them.
import type { ControlPlane } from '#test/lab/control-plane/control-plane.ts';
import { inParallel } from './in-parallel.ts';

/** The apiserver counts its cluster IPs at each creation, so that the last of many takes longest: say how far it is. */
const progressEvery = 1_000;

export async function createServices(
  { admin }: ControlPlane,
  namespace: string,
  count: number,
  concurrency: number,
  log: (text: string) => void,
): Promise<readonly string[]> {
  await admin.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  const names = Array.from({ length: count }, (_, index) => `service-${index}`);
  await inParallel(names, concurrency, async (name, index) => {
    if (index > 0 && index % progressEvery === 0) log(`${count} Services: ${index} are there`);
    await admin.create({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace },
      spec: {
        type: 'LoadBalancer',
        // There are fewer than three thousand node ports.
        allocateLoadBalancerNodePorts: false,
        selector: { app: name },
        ports: [{ port: 80, protocol: 'TCP' }],
      },
    });
  });
  return names;
}

const poolAnnotation = 'metallb.io/ip-allocated-from-pool';

/** As much as the controller writes. */
export function filledStatus(index: number): object {
  const ip = `10.${200 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`;
  const lastTransitionTime = '2026-01-01T00:00:00Z';
  return {
    metadata: { annotations: { [poolAnnotation]: 'bench' } },
    status: {
      loadBalancer: { ingress: [{ ip, ipMode: 'VIP' }] },
      conditions: [
        {
          type: 'ingot.dev/Allocated',
          status: 'True',
          reason: 'Allocated',
          message: 'from pool bench',
          lastTransitionTime,
        },
      ],
    },
  };
}

export function emptyStatus(): object {
  const types = ['ingot.dev/Allocated', 'ingot.dev/Announced'];
  return {
    metadata: { annotations: { [poolAnnotation]: null } },
    status: { loadBalancer: { ingress: null }, conditions: types.map((type) => ({ $patch: 'delete', type })) },
  };
}
