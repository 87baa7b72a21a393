// Objects as the apiserver keeps them: whole, frozen, and shared by all who see them.

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

type StringMap = Readonly<Record<string, string>>;

export interface Metadata {
  readonly name: string;
  readonly namespace?: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly creationTimestamp: string;
  readonly generation?: number;
  readonly labels?: StringMap;
  readonly annotations?: StringMap;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly finalizers?: readonly string[];
  readonly deletionTimestamp?: string;
}

export interface KubeObject {
  readonly metadata: Metadata;
  readonly [field: string]: unknown;
}

/** As in a manifest: the apiserver fills in the rest. */
export interface Manifest {
  readonly metadata: Partial<Metadata> & { readonly name: string };
  readonly [field: string]: unknown;
}

export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Of a field that may be absent or no object. */
export function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** As `default/web`, or `/n1` of a cluster-scoped object: sorted like this, lists come as etcd keeps them. */
export function keyOf(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`;
}

/** As JSON brings it over: without undefined fields, and of nobody else's. Frozen. */
export function jsonCopy<Value>(value: Value): Value {
  return copied(value) as Value;
}

function copied(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value))
    return Object.freeze(value.map((item: unknown) => (item === undefined ? null : copied(item))));
  const copy: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(value)) if (field !== undefined) copy[name] = copied(field);
  return Object.freeze(copy);
}

/** What is frozen already is so throughout. */
export function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const field of Object.values(value)) deepFreeze(field);
  return Object.freeze(value);
}
