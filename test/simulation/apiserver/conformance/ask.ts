// Single requests of the script, and what its later ones need of their answers.
import type { KubeRequest, Resource } from '#shared/kube/kube-api.ts';
import { services } from '#shared/kube/resources.ts';
import type { Fields } from '../object.ts';
import type { Act, Heard } from './act.ts';

export interface Known {
  readonly uid: string;
  readonly resourceVersion: string;
  /** Of a list that goes on. */
  readonly continue?: string;
}

type Asking = Generator<Act, Known, Heard>;

export function* ask(what: string, request: KubeRequest): Asking {
  const heard = yield { kind: 'ask', what, request };
  const body = heard !== undefined && 'kind' in heard && heard.kind === 'ok' ? (heard.body as Fields) : {};
  return (body['metadata'] ?? { uid: '', resourceVersion: '' }) as Known;
}

export function createService(namespace: string, name: string, type = 'LoadBalancer', parts: Fields = {}): Asking {
  const { metadata = {}, spec = {}, ...rest } = parts as { metadata?: object; spec?: object };
  const body = { metadata: { name, ...metadata }, spec: { type, ports: [{ port: 80 }], ...spec }, ...rest };
  return ask(`create Service ${name}`, { verb: 'create', resource: services, namespace, body });
}

export function patchService(what: string, namespace: string, name: string, body: object): Asking {
  return ask(what, { verb: 'patch', patch: 'merge', resource: services, namespace, name, body });
}

export function patchStatus(what: string, namespace: string, name: string, body: object): Asking {
  const target = { resource: services, namespace, name, subresource: 'status' } as const;
  return ask(what, { verb: 'patch', patch: 'strategic', ...target, body });
}

export function remove(resource: Resource, namespace: string, name: string, uid: string): Asking {
  return ask(`delete ${resource.kind} ${name}`, { verb: 'delete', resource, namespace, name, uid });
}
