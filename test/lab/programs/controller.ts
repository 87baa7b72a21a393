// One replica of the controller: its Pod and its process, in the lab's root, where replicas tell themselves apart by their ports.
import { join } from 'node:path';
import type { KubeObject } from '../control-plane/admin-client.ts';
import { repository } from '../control-plane/manifests.ts';
import type { Program } from '../process/program.ts';
import { runAsPod } from './as-pod.ts';
import { healthPort, metricsPort, namespace, type OurProgramOptions } from './speaker.ts';

export function controllerPorts(replica: number): { readonly metrics: number; readonly health: number } {
  return { metrics: metricsPort + replica, health: healthPort + replica };
}

export function controllerName(replica: number): string {
  return `controller-${replica}`;
}

export async function startController(replica: number, options: OurProgramOptions): Promise<Program> {
  const pod = await options.controlPlane.admin.apply(controllerPod(replica));
  const ports = controllerPorts(replica);
  const flags = [`--port=${ports.metrics}`, `--health-probe-port=${ports.health}`, ...options.flags];
  return runAsPod({
    ...options,
    pod,
    enter: ['unshare', '-m'],
    command: [...(options.bundle ?? [join(repository, 'controller/main.ts')]), ...flags],
    capabilities: [],
    env: { METALLB_NAMESPACE: namespace, METALLB_POD_NAME: pod.metadata.name },
  });
}

/** Bound to no node: no kubelet of the lab keeps it. */
function controllerPod(replica: number): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: controllerName(replica), namespace, labels: { app: 'metallb', component: 'controller' } },
    spec: {
      serviceAccountName: 'controller',
      containers: [{ name: 'controller', image: 'ingot' }],
    },
  };
}
