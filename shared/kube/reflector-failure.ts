// What a reflector does about each way in which a list or a watch can end.
import type { KubeError } from './kube-api.ts';
import { backOff, notBefore, type Wait } from './wait.ts';

/** For the metric, a fixed set. */
export type RestartReason =
  | 'ended'
  | 'lost'
  | 'silent'
  | 'expired'
  | 'garbage'
  | 'emptied'
  | 'overload'
  | 'replicaLags'
  | 'forbidden'
  | 'unauthorized'
  | 'missing'
  | 'serverError'
  | 'asked';

/** In a row: reset when a stream has been healthy for a while. */
export interface Failures {
  /** Of any kind; the exponent of the back-off. */
  readonly any: number;
  readonly serverErrors: number;
  readonly replicaLags: number;
  readonly relists: number;
}

export const noFailures: Failures = { any: 0, serverErrors: 0, replicaLags: 0, relists: 0 };

export interface Reaction {
  readonly reason: RestartReason;
  /** List from the start, or go on where it was. */
  readonly relist: boolean;
  /** Absent: at once. */
  readonly wait?: Wait;
  /** The others of a fleet lost theirs too: return spread out. */
  readonly spread?: true;
  /** Why nothing can be had, for people. */
  readonly blocked?: string;
  readonly failures: Failures;
}

const longestForbiddenMs = 60_000;
const missingRetryMs = 10_000;
const secondLook: Wait = { fromMs: 10_000, toMs: 12_000 };
const mostServerErrors = 3;
const mostReplicaLags = 5;

/** The body ended without an error. */
export function afterEnd(failures: Failures, lived: boolean): Reaction {
  return lived ? { reason: 'ended', relist: false, failures } : backingOff('ended', failures);
}

/** Nothing came for longer than two bookmarks take. */
export function afterSilence(failures: Failures): Reaction {
  return { reason: 'silent', relist: false, failures };
}

/** What came was no event, or of no object. */
export function afterGarbage(failures: Failures): Reaction {
  return { ...backingOff('garbage', failures), relist: true };
}

/** There is nothing any more, it says: asked once more, later. */
export function afterEmptyList(failures: Failures): Reaction {
  return { reason: 'emptied', relist: true, wait: secondLook, failures };
}

export function afterError(error: KubeError, failures: Failures, established: boolean): Reaction {
  if (error.kind === 'connection') {
    return { ...backingOff('lost', failures), ...(established ? { spread: true } : {}) };
  }
  switch (error.code) {
    case 401:
      return backingOff('unauthorized', failures);
    case 403: {
      const wait = backOff(failures.any, longestForbiddenMs);
      return { ...backingOff('forbidden', failures), wait, blocked: `403 forbidden: ${error.message}` };
    }
    case 404: {
      // What is listed after the kind has come (back) has nothing to do with what was.
      const wait = { fromMs: missingRetryMs, toMs: missingRetryMs };
      return { ...backingOff('missing', failures), wait, relist: true, blocked: `404 no such kind: ${error.message}` };
    }
    case 410:
      return afterExpiry(failures);
    case 504:
      return afterReplicaLag(error.retryAfterMs, failures);
    case 429:
    case 503:
      if (error.retryAfterMs === undefined) return afterServerError(failures);
      return { ...backingOff('overload', failures), wait: notBefore(error.retryAfterMs, failures.any) };
    default:
      return afterServerError(failures);
  }
}

/** The version is no longer in the apiserver's history. At once the first time. */
function afterExpiry(failures: Failures): Reaction {
  const counted = { ...failures, relists: failures.relists + 1 };
  if (failures.relists === 0) return { reason: 'expired', relist: true, failures: counted };
  return { ...backingOff('expired', counted), relist: true };
}

/** The apiserver has not come as far as the version we know. */
function afterReplicaLag(retryAfterMs: number | undefined, failures: Failures): Reaction {
  const wait = notBefore(retryAfterMs ?? 0, failures.any);
  const replicaLags = (failures.replicaLags + 1) % mostReplicaLags;
  return { ...backingOff('replicaLags', { ...failures, replicaLags }), wait, relist: replicaLags === 0 };
}

function afterServerError(failures: Failures): Reaction {
  const serverErrors = (failures.serverErrors + 1) % mostServerErrors;
  return { ...backingOff('serverError', { ...failures, serverErrors }), relist: serverErrors === 0 };
}

function backingOff(reason: RestartReason, failures: Failures): Reaction {
  return { reason, relist: false, wait: backOff(failures.any), failures: { ...failures, any: failures.any + 1 } };
}
