// The apiserver as everything but the transport sees it: requests go out, answers come back as events. No promise crosses this line, so that
// the simulator's apiserver can stand in for the real one.
import type { Cancel } from '../runtime/clock.ts';

export interface Resource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** What a list or a watch is narrowed to. */
export interface Selection {
  readonly resource: Resource;
  /** Absent: all namespaces, or a cluster-scoped kind. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Ask for PartialObjectMetadata instead of whole objects. */
  readonly metadataOnly?: boolean;
}

interface Target {
  readonly resource: Resource;
  readonly namespace?: string;
  readonly name: string;
}

export type KubeRequest =
  | (Selection & { readonly verb: 'list'; readonly limit: number; readonly continue?: string })
  | (Target & { readonly verb: 'get' })
  | (Omit<Target, 'name'> & { readonly verb: 'create'; readonly body: object })
  | (Target & { readonly verb: 'update'; readonly body: object })
  | (Target & {
      readonly verb: 'patch';
      readonly patch: 'strategic' | 'merge';
      readonly subresource?: 'status';
      readonly body: object;
      /** Answer with PartialObjectMetadata instead of the whole object. */
      readonly metadataOnly?: boolean;
    })
  | (Target & { readonly verb: 'delete'; readonly uid: string });

export type KubeError =
  /** The apiserver said no; `reason` and `message` are from its Status. */
  | {
      readonly kind: 'status';
      readonly code: number;
      readonly reason: string;
      readonly message: string;
      readonly retryAfterMs?: number;
    }
  /** No answer: whether a write was done is unknown. */
  | { readonly kind: 'connection'; readonly code: string; readonly message: string };

export type KubeAnswer =
  | { readonly kind: 'ok'; readonly body: unknown }
  | { readonly kind: 'failed'; readonly error: KubeError };

export interface WatchRequest extends Selection {
  /** Absent only with `sendInitialEvents`. */
  readonly resourceVersion?: string;
  /** A streaming list (KEP-3157): ADDED events for all objects, then an annotated BOOKMARK, then the watch. */
  readonly sendInitialEvents?: boolean;
  readonly timeoutSeconds: number;
}

export type WatchEvent =
  /** The apiserver accepted the watch. */
  | { readonly kind: 'opened' }
  /** One line of the stream, parsed: `type` ADDED, MODIFIED, DELETED, BOOKMARK or ERROR. Undefined when the line was no such thing. */
  | { readonly kind: 'line'; readonly line: { readonly type: string; readonly object: unknown } | undefined }
  /** The last event. Without an error: a clean end of the body. */
  | { readonly kind: 'closed'; readonly error?: KubeError };

export interface KubeApi {
  /** `answered` is called once, in a later turn, and not after the request was cancelled. */
  request(request: KubeRequest, answered: (answer: KubeAnswer) => void): Cancel;
  /** `happened` is called in later turns, `closed` last, and not after the watch was cancelled. */
  watch(request: WatchRequest, happened: (event: WatchEvent) => void): Cancel;
}
