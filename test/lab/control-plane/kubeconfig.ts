// kubeconfig files of the lab: one cluster, one user with a client certificate, everything inside the file.
import { readFileSync, writeFileSync } from 'node:fs';
import { stringify } from 'yaml';
import type { KeyPair } from './certificates.ts';

export interface KubeconfigOptions {
  readonly server: string;
  readonly authority: KeyPair;
  readonly client: KeyPair;
}

export function writeKubeconfig(path: string, options: KubeconfigOptions): void {
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'lab',
        cluster: { server: options.server, 'certificate-authority-data': base64(options.authority.certificate) },
      },
    ],
    users: [
      {
        name: 'lab',
        user: {
          'client-certificate-data': base64(options.client.certificate),
          'client-key-data': base64(options.client.key),
        },
      },
    ],
    contexts: [{ name: 'lab', context: { cluster: 'lab', user: 'lab' } }],
    'current-context': 'lab',
  };
  writeFileSync(path, stringify(kubeconfig), { mode: 0o600 });
}

function base64(file: string): string {
  return readFileSync(file).toString('base64');
}
