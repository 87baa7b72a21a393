// A certificate that is its own authority, and the files of a service account that trusts it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inClusterCredentials } from '#shared/kube/transport/in-cluster.ts';
import type { CredentialSource } from '#shared/kube/transport/credentials.ts';
import { run } from '#test/lab/process/run.ts';
import type { KeyAndCertificate } from '#test/simulation/scripted-http-server.ts';

export async function createCertificate(): Promise<KeyAndCertificate> {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', '-', '-out', '-'];
  const subject = ['-days', '2', '-subj', '/CN=test', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const pem = await run(['openssl', 'req', '-x509', ...key, ...subject]);
  const start = pem.indexOf('-----BEGIN CERTIFICATE-----');
  return { key: pem.slice(0, start), cert: pem.slice(start) };
}

export class ServiceAccount {
  readonly #directory = mkdtempSync(join(tmpdir(), 'ingot-service-account-'));

  constructor(token: string, { cert }: KeyAndCertificate) {
    writeFileSync(join(this.#directory, 'namespace'), 'metallb-system\n');
    this.write(token, { cert });
  }

  /** As the kubelet does now and then. */
  write(token: string, { cert }: Pick<KeyAndCertificate, 'cert'>): void {
    writeFileSync(join(this.#directory, 'token'), `${token}\n`);
    writeFileSync(join(this.#directory, 'ca.crt'), cert);
  }

  credentials(port: number): CredentialSource {
    return inClusterCredentials({ directory: this.#directory, host: '127.0.0.1', port: String(port) });
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true });
  }
}
