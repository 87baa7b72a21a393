// A small apiserver for whole controllers: objects of all kinds they touch, one history, and connections that lag, lose and break on demand.
import type { Resource } from '#shared/kube/kube-api.ts';
import type { KubeAnswer, KubeRequest, Selection } from '#shared/kube/kube-api.ts';
import { refusal } from '#test/simulation/scripted-kube-api.ts';
import { mergePatched, serviceStatusPatched } from './patches.ts';

// oxlint-disable-next-line typescript/no-explicit-any -- objects of any kind, read by tests that know what they made
export type KubeObject = Record<string, any>;

export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly resource: string;
  readonly before: KubeObject | undefined;
  readonly object: KubeObject;
}

export class ModelCluster {
  readonly #objects = new Map<string, KubeObject>();
  readonly #followers = new Set<(change: Change) => void>();
  #version = 100;
  #uid = 0;
  #refusals: { readonly matches: (request: KubeRequest) => boolean; readonly code: number }[] = [];
  /** All requests that changed something, in order. */
  readonly writes: KubeRequest[] = [];

  get version(): number {
    return this.#version;
  }

  follow(follower: (change: Change) => void): () => void {
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }

  list(plural: string): readonly KubeObject[] {
    return [...this.#objects].filter(([key]) => key.startsWith(`${plural}/`)).map(([, object]) => object);
  }

  get(plural: string, namespace: string, name: string): KubeObject | undefined {
    return this.#objects.get(`${plural}/${namespace}/${name}`);
  }

  /** Creates it, or stores it as a newer version. */
  put(plural: string, object: KubeObject): KubeObject {
    const { name, namespace = '' } = object['metadata'];
    return this.#store(plural, namespace, name, object);
  }

  edit(plural: string, namespace: string, name: string, change: (object: KubeObject) => KubeObject): void {
    const object = this.get(plural, namespace, name);
    if (object !== undefined) this.#store(plural, namespace, name, change(structuredClone(object)));
  }

  delete(plural: string, namespace: string, name: string): void {
    const key = `${plural}/${namespace}/${name}`;
    const before = this.#objects.get(key);
    if (before === undefined) return;
    this.#objects.delete(key);
    this.#version++;
    const object = { ...before, metadata: { ...before['metadata'], resourceVersion: String(this.#version) } };
    this.#tell({ type: 'DELETED', resource: plural, before, object });
  }

  /** Requests like this are refused from now on; undefined: no longer. */
  refuse(matches: ((request: KubeRequest) => boolean) | undefined, code: number): void {
    this.#refusals = matches === undefined ? [] : [...this.#refusals, { matches, code }];
  }

  perform(request: KubeRequest): KubeAnswer {
    const refused = this.#refusals.find(({ matches }) => matches(request));
    if (refused !== undefined) return failed(refused.code);
    const before = this.#version;
    const answer = this.#perform(request);
    if (this.#version > before) this.writes.push(request);
    return answer;
  }

  #perform(request: KubeRequest): KubeAnswer {
    const { plural } = request.resource;
    if (request.verb === 'list') return this.#listed(request);
    if (request.verb === 'create') return this.#create(request.resource, request.namespace ?? '', request.body);
    const existing = this.get(plural, request.namespace ?? '', request.name);
    if (existing === undefined) return failed(404);
    switch (request.verb) {
      case 'get':
        return { kind: 'ok', body: existing };
      case 'delete':
        if (request.uid !== existing['metadata'].uid) return failed(409);
        this.delete(plural, request.namespace ?? '', request.name);
        return { kind: 'ok', body: {} };
      case 'update':
        return this.#change(request, existing, request.body);
      case 'patch':
        return this.#change(request, existing, patched(request, existing));
    }
  }

  #create({ plural }: Resource, namespace: string, body: KubeObject): KubeAnswer {
    const { name } = body['metadata'];
    if (this.get(plural, namespace, name) !== undefined) return failed(409);
    return { kind: 'ok', body: this.#store(plural, namespace, name, body) };
  }

  /** As the apiserver: a stale version is 409, another uid 422, and what changes nothing is no new version. */
  #change(
    request: Extract<KubeRequest, { verb: 'update' | 'patch' }>,
    existing: KubeObject,
    next: KubeObject,
  ): KubeAnswer {
    const { uid, resourceVersion } = (request.body as KubeObject)['metadata'] ?? {};
    if (uid !== undefined && uid !== existing['metadata'].uid) return failed(422);
    if (resourceVersion !== undefined && resourceVersion !== existing['metadata'].resourceVersion) return failed(409);
    if (JSON.stringify(next) === JSON.stringify(existing)) return { kind: 'ok', body: existing };
    return { kind: 'ok', body: this.#store(request.resource.plural, request.namespace ?? '', request.name, next) };
  }

  #listed(request: Selection): KubeAnswer {
    const items = this.list(request.resource.plural).filter((object) => isSelected(request, object));
    return { kind: 'ok', body: { metadata: { resourceVersion: String(this.#version) }, items } };
  }

  #store(plural: string, namespace: string, name: string, object: KubeObject): KubeObject {
    const key = `${plural}/${namespace}/${name}`;
    const before = this.#objects.get(key);
    this.#version++;
    const given = object['metadata'];
    const metadata = {
      uid: before?.['metadata'].uid ?? given.uid ?? `uid-${++this.#uid}`,
      creationTimestamp: before?.['metadata'].creationTimestamp ?? given.creationTimestamp ?? '2026-01-01T00:00:00Z',
      generation: 1,
      ...given,
      resourceVersion: String(this.#version),
    };
    const stored = { ...structuredClone(object), metadata: structuredClone(metadata) };
    this.#objects.set(key, stored);
    this.#tell({ type: before === undefined ? 'ADDED' : 'MODIFIED', resource: plural, before, object: stored });
    return stored;
  }

  #tell(change: Change): void {
    for (const follower of this.#followers) follower(change);
  }
}

/** The selectors that the controller uses. */
export function isSelected({ namespace, fieldSelector }: Selection, object: KubeObject): boolean {
  if (namespace !== undefined && object['metadata'].namespace !== namespace) return false;
  if (fieldSelector === undefined) return true;
  const isLoadBalancer = object['spec']?.type === 'LoadBalancer';
  return fieldSelector.includes('!=') ? !isLoadBalancer : isLoadBalancer;
}

function patched(request: Extract<KubeRequest, { verb: 'patch' }>, existing: KubeObject): KubeObject {
  if (request.patch === 'strategic') return serviceStatusPatched(existing, request.body);
  const { status } = request.body as KubeObject;
  return request.subresource === 'status'
    ? { ...existing, status: mergePatched(existing['status'], status) }
    : existing;
}

function failed(code: number): KubeAnswer {
  return { kind: 'failed', error: refusal(code) };
}
