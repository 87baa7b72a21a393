// Writes of a Lease, as they leave a process.
import type { KubeRequest } from '#shared/kube/kube-api.ts';
import { fieldsOf } from '../apiserver/object.ts';

export function isLeaseWrite(request: KubeRequest): request is Extract<KubeRequest, { verb: 'create' | 'update' }> {
  return request.resource.plural === 'leases' && (request.verb === 'create' || request.verb === 'update');
}

/** Whom the Lease is to belong to; '': nobody. */
export function heldBy({ body }: Extract<KubeRequest, { verb: 'create' | 'update' }>): string {
  const { holderIdentity } = fieldsOf(fieldsOf(body)['spec']);
  return typeof holderIdentity === 'string' ? holderIdentity : '';
}
