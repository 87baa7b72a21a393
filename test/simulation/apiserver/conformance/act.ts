// What the request script does, and what it hears: the same against the simulated apiserver and a real one.
import type { KubeAnswer, KubeRequest, WatchEvent, WatchRequest } from '#shared/kube/kube-api.ts';
import { fieldsOf } from '../object.ts';

export type Act =
  | { readonly kind: 'ask'; readonly what: string; readonly request: KubeRequest }
  /** Opens a watch under a name. */
  | { readonly kind: 'watch'; readonly name: string; readonly request: WatchRequest }
  /** Waits until so many events came (or it closed), everyday bookmarks aside, ends it, and hears all of them. */
  | { readonly kind: 'collect'; readonly name: string; readonly events: number };

export type Heard = KubeAnswer | readonly WatchEvent[] | undefined;

/** A bookmark that says no more than how far the watch has come: when one is sent is the apiserver's own affair. */
export function isEverydayBookmark(event: WatchEvent): boolean {
  if (event.kind !== 'line' || event.line?.type !== 'BOOKMARK') return false;
  return fieldsOf(fieldsOf(event.line.object)['metadata'])['annotations'] === undefined;
}

/** Yields what is to be done and is given what came of it. */
export type Script = Generator<Act, void, Heard>;
