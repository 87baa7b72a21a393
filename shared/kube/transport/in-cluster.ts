// Credentials of a Pod's service account: the kubelet keeps token and CA fresh in files.
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import type { CredentialSource } from './credentials.ts';

export interface InClusterOptions {
  readonly directory: string;
  readonly host: string | undefined;
  readonly port: string | undefined;
}

export function inClusterFromEnvironment(): InClusterOptions {
  return {
    directory: '/var/run/secrets/kubernetes.io/serviceaccount',
    host: process.env['KUBERNETES_SERVICE_HOST'],
    port: process.env['KUBERNETES_SERVICE_PORT'],
  };
}

/** Fails when this is no Pod with a service account. */
export function inClusterCredentials({ directory, host, port }: InClusterOptions): CredentialSource {
  if (host === undefined || port === undefined) {
    throw new Error('not in a cluster (KUBERNETES_SERVICE_HOST is not set): give --kubeconfig');
  }
  const server = `https://${isIPv6(host) ? `[${host}]` : host}:${port}`;
  return {
    namespace: readFileSync(join(directory, 'namespace'), 'utf8').trim(),
    async read() {
      const [token, ca] = await Promise.all([
        readFile(join(directory, 'token'), 'utf8'),
        readFile(join(directory, 'ca.crt'), 'utf8'),
      ]);
      return { server, tls: { ca }, headers: { authorization: `Bearer ${token.trim()}` }, proxyUrl: undefined };
    },
  };
}
