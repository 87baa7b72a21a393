// What kube-controller-manager does for owner references: an object whose owners are all gone is deleted a little later.
import { nodes, pods, services } from '#shared/kube/resources.ts';
import type { Resource } from '#shared/kube/kube-api.ts';
import { uniform, type Random } from '#shared/runtime/random.ts';
import type { Apiserver } from '../apiserver/apiserver.ts';
import type { KubeObject, OwnerReference } from '../apiserver/object.ts';
import type { StoreChange } from '../apiserver/store.ts';

/** Kinds that own something here. */
const ownerKinds: ReadonlyMap<string, Resource> = new Map([nodes, pods, services].map((each) => [each.kind, each]));
const soonestMs = 200;
const latestMs = 3_000;

/** From now on. */
export function collectGarbage(apiserver: Apiserver, random: Random): void {
  const check = (resource: Resource, { metadata }: KubeObject): void => {
    apiserver.scheduler.after(uniform(random, soonestMs, latestMs) * 1_000, () => {
      const { namespace, name, uid } = metadata;
      const now = apiserver.get(resource, namespace, name);
      if (now?.metadata.uid === uid && isOrphan(apiserver, now)) apiserver.remove(resource, namespace, name);
    });
  };
  apiserver.store.follow(({ type, resource, object }: StoreChange) => {
    // One that is created for an owner that is gone already goes too.
    if (type === 'ADDED' && isOrphan(apiserver, object)) check(resource, object);
    if (type !== 'DELETED' || !ownerKinds.has(resource.kind)) return;
    for (const { resource: kind, all } of ownedBy(apiserver, object.metadata.uid)) {
      for (const owned of all) check(kind, owned);
    }
  });
}

function* ownedBy(
  { store }: Apiserver,
  uid: string,
): Iterable<{ readonly resource: Resource; readonly all: readonly KubeObject[] }> {
  for (const collection of store.collections) {
    const isOwned = ({ metadata }: KubeObject): boolean =>
      metadata.ownerReferences?.some((owner) => owner.uid === uid) ?? false;
    yield { resource: collection.resource, all: collection.list().filter(isOwned) };
  }
}

function isOrphan(apiserver: Apiserver, { metadata }: KubeObject): boolean {
  const { ownerReferences = [], namespace } = metadata;
  const isGone = ({ kind, name, uid }: OwnerReference): boolean => {
    const resource = ownerKinds.get(kind);
    if (resource === undefined) return false;
    const owner = apiserver.get(resource, resource.namespaced ? namespace : undefined, name);
    return owner?.metadata.uid !== uid;
  };
  return ownerReferences.length > 0 && ownerReferences.every(isGone);
}
