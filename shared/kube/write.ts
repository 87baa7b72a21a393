// A write as its owner hands it to the queue, and what becomes of it.
import type { KubeError, KubeRequest } from './kube-api.ts';

/** Most urgent first. */
export const priorities = [
  'release',
  'allocate',
  'condition',
  'poolStatus',
  'announced',
  'cleanUp',
  'status',
  'event',
] as const;
export type Priority = (typeof priorities)[number];

export interface Write {
  /** One write at a time for a key: a newer one takes the place of the one that waits. */
  readonly key: string;
  readonly priority: Priority;
  readonly request: KubeRequest;
  /** Called for each outcome; after `refused` and `unknown` the write is still the queue's, until it is replaced or removed. */
  readonly settled: (outcome: WriteOutcome) => void;
}

export type WriteOutcome =
  | { readonly kind: 'written'; readonly body: unknown; readonly resourceVersion: string }
  /** 409: another version of the object is there. Ends the write; the watch shows what to do. */
  | { readonly kind: 'conflict' }
  /** 404. Ends the write. */
  | { readonly kind: 'gone' }
  /** The apiserver said no, and nothing was written. The queue tries again by itself, later and later. */
  | { readonly kind: 'refused'; readonly error: KubeError }
  /**
   * Nobody knows whether it was written. If the owner neither replaces nor removes the write within 10 s (because the watch showed the truth),
   * the queue sends it once more: every write has a precondition or is the same when repeated. Then `written` says that it is done now, and
   * a second `unknown` with a 409 ends the write: either the first attempt or somebody else was there; the watch shows which.
   */
  | { readonly kind: 'unknown'; readonly error: KubeError }
  /** Not sent: the fence was closed, another write took its place, the queue was full or stopped. Ends the write. */
  | { readonly kind: 'dropped' };
