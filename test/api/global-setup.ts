// One real kube-apiserver for the whole api tier: started before the first file, gone after the last.
import { readFileSync } from 'node:fs';
import type { TestProject } from 'vitest/node';
import { startPrivateControlPlane } from '#test/lab/control-plane/private-control-plane.ts';

/** What tests reach it with; credentials are the admin's, as PEM. */
export interface ProvidedApiserver {
  readonly url: string;
  readonly ca: string;
  readonly clientCert: string;
  readonly clientKey: string;
  readonly kubeconfigPath: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    readonly apiserver: ProvidedApiserver;
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const controlPlane = await startPrivateControlPlane();
  const { admin, authority } = controlPlane.certificates;
  project.provide('apiserver', {
    url: controlPlane.url,
    ca: readFileSync(authority.certificate, 'utf8'),
    clientCert: readFileSync(admin.certificate, 'utf8'),
    clientKey: readFileSync(admin.key, 'utf8'),
    kubeconfigPath: controlPlane.kubeconfigPath,
  });
  return () => controlPlane.stop();
}
