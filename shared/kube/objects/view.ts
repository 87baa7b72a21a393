// What the views of Kubernetes objects have in common. A view holds only what the programs use, parsed once at the edge.
import { child, fieldsOf, items, requiredText, text, Unreadable, type Fields } from './fields.ts';
import { intern } from './intern.ts';

/** `namespace/name`, or `name` of a cluster-scoped object. */
export type ObjectKey = string & { readonly brand: 'ObjectKey' };

/** `namespace` is empty for a cluster-scoped object. */
export function objectKey(namespace: string, name: string): ObjectKey {
  return (namespace === '' ? name : `${namespace}/${name}`) as ObjectKey;
}

export interface Meta {
  readonly key: ObjectKey;
  /** Empty for a cluster-scoped object. */
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** creationTimestamp as epoch ms. */
  readonly createdMs: number;
}

export type StringMap = Readonly<Record<string, string>>;

/** What a normaliser returns: the view, or why there is none. It never throws. */
export type Parsed<View> = { readonly view: View } | { readonly problem: string };

/** Reads an object: `read` gets what is common to all kinds, the metadata and the whole. */
export function parseView<View>(
  object: unknown,
  read: (meta: Meta, metadata: Fields, whole: Fields) => View,
): Parsed<View> {
  try {
    const whole = fieldsOf(object, '');
    const metadata = child(whole, 'metadata');
    return { view: read(readMeta(metadata), metadata, whole) };
  } catch (error) {
    if (error instanceof Unreadable) return { problem: error.message };
    throw error;
  }
}

function readMeta(metadata: Fields): Meta {
  const namespace = intern(text(metadata, 'namespace') ?? '');
  const name = requiredText(metadata, 'name');
  const createdMs = Date.parse(requiredText(metadata, 'creationTimestamp'));
  if (Number.isNaN(createdMs)) throw new Unreadable('metadata.creationTimestamp: expected a time');
  return { key: objectKey(namespace, name), namespace, name, uid: requiredText(metadata, 'uid'), createdMs };
}

/** Being deleted: gone as soon as its finalizers are. */
export function isDeleting(metadata: Fields): boolean {
  return text(metadata, 'deletionTimestamp') !== undefined;
}

/** `status` of a condition in `status.conditions`. */
export function conditionStatus(whole: Fields, type: string): string | undefined {
  const conditions = items(child(whole, 'status'), 'conditions');
  const condition = conditions.find((candidate) => text(candidate, 'type') === type);
  return condition === undefined ? undefined : text(condition, 'status');
}
