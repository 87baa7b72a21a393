// Takes Ingot's annotation and conditions off Services that are no longer of type LoadBalancer. (Their addresses the apiserver clears itself.)
import { child, ifReadable, requiredText, text, textMap, type Fields } from '#shared/kube/objects/fields.ts';
import { objectKey, type ObjectKey } from '#shared/kube/objects/view.ts';
import type { WriteQueue } from '#shared/kube/write-queue.ts';
import type { Write } from '#shared/kube/write.ts';
import { cleanUpPatch, isMarked } from './status.ts';
import { queueKey, statusRequest } from './writes.ts';

export interface Marked {
  readonly key: ObjectKey;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/**
 * A Service that is gone answers 404, a successor of its name 422: neither is ours to touch. The watch does not tell them from one that changed
 * its type, so thousands deleted at once are thousands of these: nobody who waits for an address shall wait for them to learn why.
 */
export function cleanUp(queue: WriteQueue, { key, namespace, name, uid }: Marked): void {
  const write: Write = {
    key: queueKey(key),
    priority: 'cleanUp',
    request: statusRequest({ namespace, name }, cleanUpPatch(uid)),
    settled: (outcome) => {
      if (outcome.kind !== 'refused' || outcome.error.kind !== 'status') return;
      // What the successor is to get may wait behind it.
      if (outcome.error.code === 422) queue.recall(write);
    },
  };
  queue.add(write);
}

/** Of objects with metadata only: those that carry Ingot's annotation. */
export function markedAmong(objects: readonly Fields[]): readonly Marked[] {
  return objects.flatMap((object) => ifReadable(() => readMarked(object)) ?? []);
}

function readMarked(object: Fields): readonly Marked[] {
  const metadata = child(object, 'metadata');
  if (!isMarked({ annotations: textMap(metadata, 'annotations'), conditions: [] })) return [];
  const namespace = text(metadata, 'namespace') ?? '';
  const name = requiredText(metadata, 'name');
  return [{ key: objectKey(namespace, name), namespace, name, uid: requiredText(metadata, 'uid') }];
}
