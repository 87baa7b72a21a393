// What every object of the apiserver has: a key, a uid and a version. One that lacks them is no object.
import { child, fieldsOf, ifReadable, requiredText, text } from './objects/fields.ts';
import { objectKey, type ObjectKey } from './objects/view.ts';

export interface Identity {
  readonly key: ObjectKey;
  readonly uid: string;
  /** Opaque: compared for equality only. */
  readonly resourceVersion: string;
}

export function identityOf(object: unknown): Identity | undefined {
  return ifReadable(() => {
    const metadata = child(fieldsOf(object, ''), 'metadata');
    return {
      key: objectKey(text(metadata, 'namespace') ?? '', requiredText(metadata, 'name')),
      uid: requiredText(metadata, 'uid'),
      resourceVersion: requiredText(metadata, 'resourceVersion'),
    };
  });
}

/** `metadata.resourceVersion` of an object, a list or a bookmark. */
export function resourceVersionOf(object: unknown): string | undefined {
  return ifReadable(() => text(child(fieldsOf(object, ''), 'metadata'), 'resourceVersion'));
}
