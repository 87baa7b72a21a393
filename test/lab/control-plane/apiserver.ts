// kube-apiserver of the lab, with the authorisation and the dual-stack Service network of a real cluster, and an audit log of who asked what.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { binary, type Parts } from '../parts/parts.ts';
import { Program } from '../process/program.ts';
import { serviceNetworks } from '../network/addresses.ts';
import type { Certificates } from './certificates.ts';

export interface ApiserverOptions {
  readonly parts: Parts;
  readonly directory: string;
  readonly address: string;
  readonly port: number;
  readonly etcdUrl: string;
  readonly certificates: Certificates;
}

const auditPolicy = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [{ level: 'Metadata' }],
};

export function auditLogPath(directory: string): string {
  return join(directory, 'audit.log');
}

export function startApiserver(options: ApiserverOptions): Program {
  const { directory, certificates, address } = options;
  const auditPolicyPath = join(directory, 'audit-policy.yaml');
  writeFileSync(auditPolicyPath, stringify(auditPolicy));
  return new Program({
    name: 'kube-apiserver',
    logPath: join(directory, 'kube-apiserver.log'),
    // Memory for processor time: everything starts at once on few cores.
    env: { ...process.env, GOGC: '400' },
    command: [
      binary(options.parts, 'kube-apiserver'),
      `--etcd-servers=${options.etcdUrl}`,
      `--bind-address=${address}`,
      `--secure-port=${options.port}`,
      // Without it an apiserver in a namespace without default route does not start.
      `--advertise-address=${address}`,
      '--endpoint-reconciler-type=none',
      `--service-cluster-ip-range=${serviceNetworks.join(',')}`,
      '--authorization-mode=Node,RBAC',
      '--anonymous-auth=false',
      '--allow-privileged=true',
      `--tls-cert-file=${certificates.apiserver.certificate}`,
      `--tls-private-key-file=${certificates.apiserver.key}`,
      `--client-ca-file=${certificates.authority.certificate}`,
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${certificates.serviceAccounts.publicKey}`,
      `--service-account-signing-key-file=${certificates.serviceAccounts.privateKey}`,
      `--audit-policy-file=${auditPolicyPath}`,
      `--audit-log-path=${auditLogPath(directory)}`,
    ],
  });
}
