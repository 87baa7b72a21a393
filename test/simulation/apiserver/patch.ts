// What the apiserver makes of patches: JSON merge patch (RFC 7396) and strategic merge patch, by the merge keys of the lists that are patched here.
import { isFields, type Fields } from './object.ts';

/** Lists whose elements are merged by a field; every other list is replaced whole. */
const mergeKeys: ReadonlyMap<string, string> = new Map([
  ['metadata.ownerReferences', 'uid'],
  ['spec.ports', 'port'],
  ['status.addresses', 'type'],
  ['status.conditions', 'type'],
]);

/** RFC 7396. */
export function mergePatched(target: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return patch;
  const merged = new Map(Object.entries(isFields(target) ? target : {}));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name);
    else merged.set(name, mergePatched(merged.get(name), value));
  }
  return Object.fromEntries(merged);
}

/** As merge patch, but for lists with a merge key and for `$patch` in maps and elements. */
export function strategicPatched(target: unknown, patch: unknown, path = ''): unknown {
  if (!isFields(patch)) return Array.isArray(patch) ? listPatched(target, patch, path) : patch;
  const { $patch, ...fields } = patch;
  const merged = new Map(Object.entries(isFields(target) && $patch !== 'replace' ? target : {}));
  for (const [name, value] of Object.entries(fields)) {
    const isRemoved = value === null || (isFields(value) && value['$patch'] === 'delete');
    if (isRemoved) merged.delete(name);
    else merged.set(name, strategicPatched(merged.get(name), value, path === '' ? name : `${path}.${name}`));
  }
  return Object.fromEntries(merged);
}

function listPatched(target: unknown, patch: readonly unknown[], path: string): readonly unknown[] {
  const key = mergeKeys.get(path);
  if (key === undefined || !patch.every(isFields)) return patch;
  const existing = Array.isArray(target) ? target.filter(isFields) : [];
  const patches = new Map(patch.map((element) => [element[key], element]));
  const known = new Set(existing.map((element) => element[key]));
  const added = patch.filter((element) => !known.has(element[key]) && isWanted(element));
  const changed = existing
    .filter((element) => isWanted(patches.get(element[key]) ?? {}))
    .map((element) => strategicPatched(element, patches.get(element[key]) ?? {}));
  // As it does: what is new comes first.
  return [...added, ...changed];
}

function isWanted(element: Fields): boolean {
  return element['$patch'] !== 'delete';
}
