// kube-controller-manager of the lab, with just the controllers whose work Ingot sees: EndpointSlices of Pods, Nodes that fall silent, namespaces,
// garbage.
import { join } from 'node:path';
import { binary, type Parts } from '../parts/parts.ts';
import { Program } from '../process/program.ts';
import type { Certificates } from './certificates.ts';

export interface ControllerManagerOptions {
  readonly parts: Parts;
  readonly directory: string;
  readonly address: string;
  readonly port: number;
  readonly kubeconfigPath: string;
  readonly certificates: Certificates;
}

const controllers = [
  'serviceaccount',
  'root-ca-certificate-publisher',
  'namespace',
  'endpointslice',
  'node-lifecycle',
  'taint-eviction',
  'pod-garbage-collector',
  'garbage-collector',
];

export function startControllerManager(options: ControllerManagerOptions): Program {
  return new Program({
    name: 'kube-controller-manager',
    logPath: join(options.directory, 'kube-controller-manager.log'),
    command: [
      binary(options.parts, 'kube-controller-manager'),
      `--kubeconfig=${options.kubeconfigPath}`,
      `--bind-address=${options.address}`,
      `--secure-port=${options.port}`,
      '--leader-elect=false',
      // Its own user may do next to nothing: each controller acts as its service account.
      '--use-service-account-credentials=true',
      `--service-account-private-key-file=${options.certificates.serviceAccounts.privateKey}`,
      `--root-ca-file=${options.certificates.authority.certificate}`,
      '--node-monitor-period=2s',
      '--node-monitor-grace-period=10s',
      `--controllers=${controllers.map((name) => `${name}-controller`).join(',')}`,
    ],
  });
}
