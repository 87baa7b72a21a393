// Backends of Services: one in each node's pod namespace, and its Pod object, labelled `app: web`.
import { join } from 'node:path';
import type { KubeObject } from '../control-plane/admin-client.ts';
import { nodeAddresses, type NodeNumber } from '../network/addresses.ts';
import { within } from '../network/namespace.ts';
import { Program } from '../process/program.ts';

export const backendPorts = [8080, 8081] as const;
export const backendLabels = { app: 'web' } as const;
export const backendServiceAccount = 'web';

export function startBackend(number: NodeNumber, logDirectory: string): Program {
  const { name } = nodeAddresses(number).pod;
  const script = join(import.meta.dirname, 'backend-main.ts');
  return new Program({
    name: `backend-${name}`,
    logPath: join(logDirectory, `backend-${name}.log`),
    command: within(name, [process.execPath, script, name, ...backendPorts.map(String)]),
  });
}

export function backendPod(number: NodeNumber): KubeObject {
  const node = nodeAddresses(number);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: node.pod.name, namespace: 'default', labels: backendLabels },
    spec: {
      nodeName: node.name,
      serviceAccountName: backendServiceAccount,
      automountServiceAccountToken: false,
      containers: [
        {
          name: 'web',
          image: 'backend',
          readinessProbe: { httpGet: { path: '/', port: backendPorts[0] }, periodSeconds: 1 },
        },
      ],
    },
  };
}
