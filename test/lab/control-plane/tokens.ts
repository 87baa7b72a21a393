// Service-account tokens of Pods, as the kubelet asks for them: bound to the Pod, so they end with it.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KubeObject } from './admin-client.ts';
import type { ControlPlane } from './control-plane.ts';

export const dayOfSeconds = 24 * 60 * 60;

/** Writes token, ca.crt and namespace of an existing Pod into `directory`, as a Pod finds them. */
export async function writeServiceAccount(
  controlPlane: ControlPlane,
  pod: KubeObject,
  directory: string,
  lifetimeSeconds = dayOfSeconds,
): Promise<void> {
  const { namespace = '', name, uid } = pod.metadata;
  const account: string = pod['spec'].serviceAccountName;
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`;
  const answer = (await controlPlane.admin.request('POST', path, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: {
      expirationSeconds: lifetimeSeconds,
      boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
    },
  })) as { status: { token: string } };
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'token'), answer.status.token, { mode: 0o600 });
  writeFileSync(join(directory, 'ca.crt'), readFileSync(controlPlane.certificates.authority.certificate));
  writeFileSync(join(directory, 'namespace'), namespace);
}
