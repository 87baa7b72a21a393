// What an answer says about a write: whether it was done, whether that is known, and whether to try again.
import { resourceVersionOf } from './identity.ts';
import type { KubeAnswer, KubeError } from './kube-api.ts';

export type Verdict =
  | { readonly kind: 'written'; readonly body: unknown; readonly resourceVersion: string }
  | { readonly kind: 'conflict'; readonly error: KubeError }
  | { readonly kind: 'gone' }
  /** Nothing was written, and trying again may help: soon, or once somebody has changed something. */
  | { readonly kind: 'refused'; readonly error: KubeError; readonly retry: 'soon' | 'late' }
  /** The whole apiserver wants to be left alone for a while. */
  | { readonly kind: 'overload'; readonly error: KubeError; readonly retryAfterMs: number }
  | { readonly kind: 'unknown'; readonly error: KubeError };

const overloadPauseMs = 1_000;

/** The request never left: there was no connection. */
const neverSent: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
]);

export function judge(answer: KubeAnswer): Verdict {
  if (answer.kind === 'ok') {
    return { kind: 'written', body: answer.body, resourceVersion: resourceVersionOf(answer.body) ?? '' };
  }
  const { error } = answer;
  if (error.kind === 'connection') {
    return neverSent.has(error.code) ? { kind: 'refused', error, retry: 'soon' } : { kind: 'unknown', error };
  }
  switch (error.code) {
    case 401:
      return { kind: 'refused', error, retry: 'soon' };
    case 404:
      return { kind: 'gone' };
    case 409:
      return { kind: 'conflict', error };
    case 429:
      return { kind: 'overload', error, retryAfterMs: error.retryAfterMs ?? overloadPauseMs };
    case 503:
      // Only whoever turned it away before looking at it says when to come back.
      if (error.retryAfterMs === undefined) return { kind: 'unknown', error };
      return { kind: 'overload', error, retryAfterMs: error.retryAfterMs };
    default:
      // A server that failed half-way (etcd timed out) may have done it.
      return error.code >= 500 ? { kind: 'unknown', error } : { kind: 'refused', error, retry: 'late' };
  }
}
