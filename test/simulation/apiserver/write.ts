// What a write comes to, decided before anything is stored: refused, stored as a new version, gone, or nothing new.
import { isDeepStrictEqual } from 'node:util';
import type { KubeRequest, Resource } from '#shared/kube/kube-api.ts';
import { apiVersionOf } from '#shared/kube/resources.ts';
import { refusal, type Refusal } from './answer.ts';
import { kindOf, type Kind } from './kinds.ts';
import { fieldsOf, isFields, jsonCopy, type Fields, type KubeObject, type Metadata } from './object.ts';
import { mergePatched, strategicPatched } from './patch.ts';
import { notFound } from './read.ts';
import type { Store } from './store.ts';

export type Decision =
  | { readonly kind: 'refused'; readonly error: Refusal }
  | { readonly kind: 'stored'; readonly object: KubeObject }
  | { readonly kind: 'removed' }
  | { readonly kind: 'unchanged'; readonly object: KubeObject };

export type WriteRequest = Exclude<KubeRequest, { verb: 'list' | 'get' }>;
type ChangeRequest = Extract<KubeRequest, { verb: 'update' | 'patch' }>;

export interface WriteContext {
  readonly store: Store;
  readonly newUid: () => string;
  /** As in creationTimestamp. */
  readonly now: () => string;
  readonly newNameSuffix: () => string;
}

export function decide(context: WriteContext, request: WriteRequest): Decision {
  if (request.verb === 'create') return created(context, request);
  const existing = context.store.get(request.resource, request.namespace, request.name);
  if (existing === undefined) return { kind: 'refused', error: notFound(request) };
  if (request.verb === 'delete') return deleted(context, request, existing);
  const kind = kindOf(request.resource);
  if (request.verb === 'patch' && request.patch === 'strategic' && kind.isCustom) {
    return refuse(415, 'the body of the request was in an unknown format');
  }
  return changed(kind, request, existing, wanted(request, existing));
}

function wanted(request: ChangeRequest, existing: KubeObject): Fields {
  const body = jsonCopy(request.body);
  if (request.verb === 'update') return body as Fields;
  return (request.patch === 'strategic' ? strategicPatched(existing, body) : mergePatched(existing, body)) as Fields;
}

function created(context: WriteContext, request: Extract<KubeRequest, { verb: 'create' }>): Decision {
  const { resource, namespace } = request;
  const kind = kindOf(resource);
  const { metadata: given, status: _status, ...rest } = jsonCopy(request.body) as Fields;
  const { name, refused } = nameOf(context, request, fieldsOf(given));
  if (refused !== undefined) return { kind: 'refused', error: refused };
  const metadata = {
    ...mutableParts(fieldsOf(given)),
    name,
    ...(namespace === undefined ? {} : { namespace }),
    uid: context.newUid(),
    creationTimestamp: context.now(),
  };
  const status = kind.hasStatus || _status === undefined ? {} : { status: _status };
  const object = tidy(kind, resource, { ...rest, metadata, ...status }, undefined);
  const wrong = invalid(resource, name, kind.problems(object, undefined));
  return wrong ?? { kind: 'stored', object: asStored(resource, undefined, object as KubeObject) };
}

function nameOf(
  { store, newNameSuffix }: WriteContext,
  { resource, namespace }: { readonly resource: Resource; readonly namespace?: string },
  metadata: Fields,
): { readonly name: string; readonly refused?: Refusal } {
  const { name: given, generateName, namespace: said = namespace } = metadata;
  const name =
    typeof given === 'string' ? given : typeof generateName === 'string' ? generateName + newNameSuffix() : '';
  if (said !== namespace) {
    return {
      name,
      refused: refusal(400, 'the namespace of the provided object does not match the namespace sent on the request'),
    };
  }
  if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(name) || name.length > 253) {
    return { name, refused: invalidObject(resource, name, ['metadata.name: Invalid value']) };
  }
  if (namespace !== undefined && store.get(namespaceKind, undefined, namespace) === undefined) {
    return { name, refused: refusal(404, `namespaces "${namespace}" not found`) };
  }
  if (store.get(resource, namespace, name) === undefined) return { name };
  return { name, refused: refusal(409, `${resource.plural} "${name}" already exists`, { reason: 'AlreadyExists' }) };
}

const namespaceKind: Resource = {
  group: '',
  version: 'v1',
  plural: 'namespaces',
  kind: 'Namespace',
  namespaced: false,
};

function deleted(
  { now }: WriteContext,
  { resource, name, uid }: Extract<KubeRequest, { verb: 'delete' }>,
  existing: KubeObject,
): Decision {
  const { metadata } = existing;
  if (uid !== metadata.uid) {
    return refuse(
      409,
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata.uid} of ${resource.plural} "${name}"`,
    );
  }
  if ((metadata.finalizers ?? []).length === 0) return { kind: 'removed' };
  if (metadata.deletionTimestamp !== undefined) return { kind: 'unchanged', object: existing };
  return { kind: 'stored', object: { ...existing, metadata: { ...metadata, deletionTimestamp: now() } } };
}

function changed(kind: Kind, request: ChangeRequest, existing: KubeObject, next: Fields): Decision {
  const { resource, name } = request;
  const given = fieldsOf(next['metadata']);
  const { uid, resourceVersion } = existing.metadata;
  if (request.verb === 'update' && kind.needsVersion && given['resourceVersion'] === undefined) {
    return invalid(resource, name, [
      'metadata.resourceVersion: Invalid value: must be specified for an update',
    ]) as Decision;
  }
  const isStatus = request.verb === 'patch' && request.subresource === 'status';
  // With the status of a custom resource, no metadata but the version are looked at.
  if (!(kind.isCustom && isStatus) && (given['uid'] ?? uid) !== uid)
    return otherUid(request, String(given['uid']), uid);
  if ((given['resourceVersion'] ?? resourceVersion) !== resourceVersion) {
    return refuse(
      409,
      `Operation cannot be fulfilled on ${resource.plural} "${name}": the object has been modified; please apply your changes to the latest version and try again`,
    );
  }
  const metadata = { ...fixedParts(existing.metadata), ...mutableParts(given) };
  const object = tidy(kind, resource, writable(kind, request, existing, { ...next, metadata }), existing);
  const wrong = invalid(resource, name, kind.problems(object, existing));
  if (wrong !== undefined) return wrong;
  const stored = asStored(resource, existing, object as KubeObject);
  if (stored === existing) return { kind: 'unchanged', object: existing };
  const { deletionTimestamp, finalizers = [] } = stored.metadata;
  return deletionTimestamp !== undefined && finalizers.length === 0
    ? { kind: 'removed' }
    : { kind: 'stored', object: stored };
}

/** An update names the object by its path, and its uid as a precondition; a patch changes what may not be changed. */
function otherUid({ verb, resource, name }: ChangeRequest, given: string, uid: string): Decision {
  if (verb === 'patch') return invalid(resource, name, ['metadata.uid: Invalid value: field is immutable']) as Decision;
  return refuse(409, `Precondition failed: UID in precondition: ${given}, UID in object meta: ${uid}`);
}

/** What this way of writing may change; the rest stays. */
function writable(kind: Kind, request: ChangeRequest, existing: KubeObject, next: Fields): Fields {
  const { status, ...rest } = next;
  const { status: oldStatus, ...oldRest } = existing;
  if (request.verb === 'patch' && request.subresource === 'status') {
    const metadata = kind.isCustom ? existing.metadata : next['metadata'];
    return { ...oldRest, metadata, ...(status === undefined ? {} : { status }) };
  }
  return kind.hasStatus ? { ...rest, ...(oldStatus === undefined ? {} : { status: oldStatus }) } : next;
}

/** With its generation, which counts what is wanted: all but metadata and status. What is the same stays what it was. */
export function asStored(resource: Resource, before: KubeObject | undefined, object: KubeObject): KubeObject {
  if (before !== undefined && isDeepStrictEqual(object, before)) return before;
  if (!kindOf(resource).hasGeneration) return object;
  const { generation = 0 } = before?.metadata ?? {};
  const isAnotherWish = before === undefined || !isDeepStrictEqual(wishOf(object), wishOf(before));
  return { ...object, metadata: { ...object.metadata, generation: isAnotherWish ? generation + 1 : generation } };
}

function wishOf({ metadata: _metadata, status: _status, ...wish }: KubeObject): Fields {
  return wish;
}

function fixedParts({ labels: _l, annotations: _a, ownerReferences: _o, finalizers: _f, ...fixed }: Metadata): object {
  return fixed;
}

/** Empty maps and lists are as none. */
function mutableParts(metadata: Fields): Fields {
  const parts = ['labels', 'annotations', 'ownerReferences', 'finalizers'].map(
    (name) => [name, metadata[name]] as const,
  );
  return Object.fromEntries(
    parts.filter(([, part]) => typeof part === 'object' && part !== null && Object.keys(part).length > 0),
  );
}

function tidy(kind: Kind, resource: Resource, object: Fields, before: KubeObject | undefined): Fields {
  const named = { apiVersion: apiVersionOf(resource), kind: resource.kind, ...object };
  const full = kind.complete(named, before);
  return jsonCopy(kind.isCustom ? full : (withoutEmpty(full) as Fields));
}

/** The types of Kubernetes itself show no empty list and no null. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (!isFields(value)) return value;
  const kept = Object.entries(value).filter(isShown);
  return Object.fromEntries(kept.map(([name, field]) => [name, withoutEmpty(field)]));
}

function isShown([name, field]: readonly [string, unknown]): boolean {
  return (field !== null || name === 'lastTransitionTime') && !(Array.isArray(field) && field.length === 0);
}

function invalid(resource: Resource, name: string, problems: readonly string[]): Decision | undefined {
  return problems.length === 0 ? undefined : { kind: 'refused', error: invalidObject(resource, name, problems) };
}

function invalidObject({ kind, group }: Resource, name: string, problems: readonly string[]): Refusal {
  const list = problems.length === 1 ? problems[0] : `[${problems.join(', ')}]`;
  return refusal(422, `${kind}${group === '' ? '' : `.${group}`} "${name}" is invalid: ${list}`);
}

function refuse(code: number, message: string): Decision {
  return { kind: 'refused', error: refusal(code, message) };
}
