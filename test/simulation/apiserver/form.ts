// The forms in which one object is shown. Each is made once a version, however many look at it.
import type { Resource, Selection } from '#shared/kube/kube-api.ts';
import { apiVersionOf } from '#shared/kube/resources.ts';
import type { StoreChange } from './history.ts';
import { deepFreeze, type KubeObject } from './object.ts';

type Form = (object: KubeObject) => object;

/** The kinds of Kubernetes itself come without `kind` and `apiVersion` in lists; custom resources with them. */
const isBuiltIn = ({ group }: Resource): boolean => !group.includes('.') || group.endsWith('.k8s.io');

const whole: Form = (object) => object;
const metadataOnly = remembering(({ metadata }) => ({
  kind: 'PartialObjectMetadata',
  apiVersion: 'meta.k8s.io/v1',
  metadata,
}));
const listed = remembering(({ kind: _kind, apiVersion: _apiVersion, ...rest }) => rest);

/** Of single objects and those of watches. */
export function formOf(request: { readonly metadataOnly?: boolean }): Form {
  return request.metadataOnly === true ? metadataOnly : whole;
}

export function itemFormOf(request: Selection): Form {
  if (request.metadataOnly === true) return metadataOnly;
  return isBuiltIn(request.resource) ? listed : whole;
}

export function listOf(
  { resource, metadataOnly: partially }: Selection,
  metadata: object,
  items: readonly object[],
): object {
  if (partially === true) return { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1', metadata, items };
  return { kind: `${resource.kind}List`, apiVersion: apiVersionOf(resource), metadata, items };
}

/** What those see whose selection the object has left: its last state there, with the revision at which it left. */
export function departed(change: StoreChange): KubeObject {
  const { type, before, object } = change;
  if (type === 'DELETED' || before === undefined) return object;
  let last = departures.get(object);
  if (last === undefined) {
    const { resourceVersion } = object.metadata;
    last = Object.freeze({ ...before, metadata: Object.freeze({ ...before.metadata, resourceVersion }) });
    departures.set(object, last);
  }
  return last;
}

const departures = new WeakMap<KubeObject, KubeObject>();

export function bookmark(request: Selection, revision: number, endsInitialEvents: boolean): object {
  const { kind, ...version } =
    request.metadataOnly === true
      ? partial
      : { kind: request.resource.kind, apiVersion: apiVersionOf(request.resource) };
  const annotations = endsInitialEvents ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {};
  return deepFreeze({ kind, ...version, metadata: { resourceVersion: String(revision), ...annotations } });
}

const partial = { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1' };

function remembering(make: Form): Form {
  const made = new WeakMap<KubeObject, object>();
  return (object) => {
    let form = made.get(object);
    if (form === undefined) made.set(object, (form = deepFreeze(make(object))));
    return form;
  };
}
