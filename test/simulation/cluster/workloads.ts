// The pods behind Services, as the EndpointSlice controller tells of them: one slice a family of the Service, one endpoint a node.
import { endpointSlices } from '#shared/kube/resources.ts';
import type { Cancel } from '#shared/runtime/clock.ts';
import type { Family } from '#shared/net/ip.ts';
import { uniform, type Random } from '#shared/runtime/random.ts';
import type { Apiserver } from '../apiserver/apiserver.ts';
import type { Scheduler } from '../time/scheduler.ts';

interface Endpoint {
  readonly node: string;
  readonly state: 'ready' | 'terminating';
}

interface Workload {
  readonly namespace: string;
  readonly service: string;
  readonly nodes: readonly string[];
  readonly families: readonly Family[];
  endpoints: readonly Endpoint[];
}

export interface WorkloadsDependencies {
  readonly apiserver: Apiserver;
  readonly scheduler: Scheduler;
  readonly random: Random;
}

const shortestStepMs = 200;
const longestStepMs = 2_000;
const port = 8_080;

export class Workloads {
  readonly #dependencies: WorkloadsDependencies;
  readonly #all = new Map<string, Workload>();

  constructor(dependencies: WorkloadsDependencies) {
    this.#dependencies = dependencies;
  }

  /** Ready on these nodes at once. */
  run(namespace: string, service: string, nodes: readonly string[], families: readonly Family[] = ['IPv4']): void {
    const endpoints = nodes.map((node) => ({ node, state: 'ready' as const }));
    const workload = { namespace, service, nodes, families, endpoints };
    this.#all.set(keyOf(namespace, service), workload);
    this.#tell(workload);
  }

  end(namespace: string, service: string): void {
    const key = keyOf(namespace, service);
    const families = this.#all.get(key)?.families ?? [];
    this.#all.delete(key);
    for (const [place] of families.entries()) {
      this.#dependencies.apiserver.remove(endpointSlices, namespace, sliceName(service, place));
    }
  }

  /** Its pods terminate and vanish one by one, and come back when the answer is called. */
  flap(namespace: string, service: string): Cancel {
    const { scheduler, random } = this.#dependencies;
    const key = keyOf(namespace, service);
    let next: Cancel | undefined;
    const step = (): void => {
      const workload = this.#all.get(key);
      if (workload === undefined || workload.endpoints.length === 0) return;
      workload.endpoints = oneStepOn(workload.endpoints);
      this.#tell(workload);
      next = scheduler.after(uniform(random, shortestStepMs, longestStepMs) * 1000, step);
    };
    step();
    return () => {
      next?.();
      const workload = this.#all.get(key);
      if (workload !== undefined) this.run(namespace, service, workload.nodes, workload.families);
    };
  }

  #tell({ namespace, service, families, endpoints }: Workload): void {
    for (const [place, family] of families.entries()) {
      this.#dependencies.apiserver.put(endpointSlices, {
        metadata: { name: sliceName(service, place), namespace, labels: { 'kubernetes.io/service-name': service } },
        addressType: family,
        endpoints: endpoints.map(({ node, state }, index) => ({
          addresses: [family === 'IPv4' ? `10.244.0.${index + 1}` : `fdfe::${(index + 1).toString(16)}`],
          nodeName: node,
          conditions: { ready: state === 'ready', serving: true, terminating: state === 'terminating' },
        })),
        ports: [{ name: 'main', protocol: 'TCP', port }],
      });
    }
  }
}

/** The first ready one terminates; when none is ready the first terminating one is gone. */
function oneStepOn(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  const ready = endpoints.findIndex(({ state }) => state === 'ready');
  if (ready < 0) return endpoints.slice(1);
  return endpoints.map((endpoint, index) => (index === ready ? { ...endpoint, state: 'terminating' } : endpoint));
}

function sliceName(service: string, place: number): string {
  return `${service}-${place + 1}`;
}

function keyOf(namespace: string, service: string): string {
  return `${namespace}/${service}`;
}
