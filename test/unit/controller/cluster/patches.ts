// What the apiserver makes of patches, as far as the controller sends them.
import type { KubeObject } from './model-cluster.ts';

/** RFC 7396. */
export function mergePatched(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const base = typeof target === 'object' && target !== null && !Array.isArray(target) ? target : {};
  const merged = new Map<string, unknown>(Object.entries(base));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name);
    else merged.set(name, mergePatched(merged.get(name), value));
  }
  return Object.fromEntries(merged);
}

/** Strategic merge patch of services/status: conditions merge by type, ingress is replaced whole, the spec is left alone. */
export function serviceStatusPatched(service: KubeObject, patch: KubeObject): KubeObject {
  const { metadata = {}, status = {} } = patch;
  const annotations = mergePatched(service['metadata'].annotations ?? {}, metadata.annotations ?? {});
  const { conditions = [], loadBalancer } = status as KubeObject;
  const before = service['status'] ?? {};
  return {
    ...service,
    metadata: { ...service['metadata'], annotations },
    status: {
      ...before,
      ...(loadBalancer === undefined ? {} : { loadBalancer: mergePatched(before.loadBalancer ?? {}, loadBalancer) }),
      conditions: conditionsPatched(before.conditions ?? [], conditions),
    },
  };
}

function conditionsPatched(existing: readonly KubeObject[], patches: readonly KubeObject[]): readonly KubeObject[] {
  const byType = new Map(existing.map((condition) => [condition['type'], condition]));
  for (const { $patch, ...condition } of patches) {
    if ($patch === 'delete') byType.delete(condition['type']);
    else byType.set(condition['type'], { ...byType.get(condition['type']), ...condition });
  }
  return [...byType.values()];
}
