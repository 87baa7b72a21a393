// A speaker on a node: its Pod and its process.
import { join } from 'node:path';
import type { KubeObject } from '../control-plane/admin-client.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { repository } from '../control-plane/manifests.ts';
import { nodeAddresses, type NodeNumber } from '../network/addresses.ts';
import { within } from '../network/namespace.ts';
import type { Program } from '../process/program.ts';
import { runAsPod } from './as-pod.ts';

export interface OurProgramOptions {
  readonly controlPlane: ControlPlane;
  readonly directory: string;
  readonly logDirectory: string;
  /** Beside those that every Pod has. */
  readonly flags: readonly string[];
}

export const namespace = 'metallb-system';
export const healthPort = 17472;
export const metricsPort = 9120;

export async function startSpeaker(number: NodeNumber, options: OurProgramOptions): Promise<Program> {
  const node = nodeAddresses(number);
  const pod = await options.controlPlane.admin.apply(speakerPod(number));
  return runAsPod({
    ...options,
    pod,
    enter: within(node.name, []),
    command: [join(repository, 'speaker/main.ts'), ...options.flags],
    capabilities: ['net_raw', 'net_bind_service'],
    env: { METALLB_NAMESPACE: namespace, METALLB_NODE_NAME: node.name, METALLB_POD_NAME: pod.metadata.name },
  });
}

export function speakerName(number: NodeNumber): string {
  return `speaker-${nodeAddresses(number).name}`;
}

function speakerPod(number: NodeNumber): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: speakerName(number), namespace, labels: { app: 'metallb', component: 'speaker' } },
    spec: {
      nodeName: nodeAddresses(number).name,
      serviceAccountName: 'speaker',
      hostNetwork: true,
      containers: [
        {
          name: 'speaker',
          image: 'ingot',
          readinessProbe: { httpGet: { host: '127.0.0.1', path: '/readyz', port: healthPort }, periodSeconds: 1 },
        },
      ],
      // As every DaemonSet's Pod: a node in trouble keeps its speaker.
      tolerations: [{ operator: 'Exists' }],
    },
  };
}
