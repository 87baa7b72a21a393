// A speaker on a node: its Pod and its process.
import { mkdirSync, rmSync } from 'node:fs';
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
  /** Flags of Node and a bundle, as the image has them; from its source if absent. */
  readonly bundle?: readonly string[] | undefined;
}

export interface SpeakerOptions extends OurProgramOptions {
  readonly podName: string;
  /** As the mounted Secret of the cluster. */
  readonly segmentKeyDirectory: string;
}

export const namespace = 'metallb-system';
export const healthPort = 17472;
export const metricsPort = 9120;
export const segmentPort = 7946;

export async function startSpeaker(number: NodeNumber, options: SpeakerOptions): Promise<Program> {
  const node = nodeAddresses(number);
  const pod = await options.controlPlane.admin.apply(speakerPod(number, options.podName));
  const state = stateDirectory(number, options.directory);
  mkdirSync(state, { recursive: true });
  return runAsPod({
    ...options,
    pod,
    enter: within(node.name, []),
    command: [...(options.bundle ?? [join(repository, 'speaker/main.ts')]), ...options.flags],
    capabilities: ['net_raw', 'net_bind_service'],
    env: {
      METALLB_NAMESPACE: namespace,
      METALLB_NODE_NAME: node.name,
      METALLB_POD_NAME: pod.metadata.name,
      INGOT_SEGMENT_KEY_DIR: options.segmentKeyDirectory,
      INGOT_STATE_DIR: state,
    },
  });
}

export function speakerPath(podName: string): string {
  return `/api/v1/namespaces/${namespace}/pods/${podName}`;
}

/** On real nodes it is below /run, and so does not outlive their power. */
export function forgetState(number: NodeNumber, directory: string): void {
  rmSync(stateDirectory(number, directory), { recursive: true, force: true });
}

/** Of the node, as a hostPath: it outlives processes and Pods. */
function stateDirectory(number: NodeNumber, directory: string): string {
  return join(directory, 'state', nodeAddresses(number).name);
}

function speakerPod(number: NodeNumber, name: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: { app: 'metallb', component: 'speaker' } },
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
