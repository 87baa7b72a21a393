// The apiserver's Status: how it says no, as the body of an answer and as the object of an ERROR event in a watch.
import type { KubeError } from './kube-api.ts';
import { child, fieldsOf, ifReadable, integer, text } from './objects/fields.ts';

export type StatusError = Extract<KubeError, { kind: 'status' }>;

/** `code` is taken when the body names none. A body that is no Status is an error without reason. */
export function statusError(body: unknown, code: number): StatusError {
  return ifReadable(() => readStatus(body, code)) ?? { kind: 'status', code, reason: '', message: `HTTP ${code}` };
}

function readStatus(body: unknown, code: number): StatusError {
  const status = fieldsOf(body, '');
  const retryAfterSeconds = integer(child(status, 'details'), 'retryAfterSeconds');
  return {
    kind: 'status',
    code: integer(status, 'code') ?? code,
    reason: text(status, 'reason') ?? '',
    message: text(status, 'message') ?? `HTTP ${code}`,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterMs: retryAfterSeconds * 1000 }),
  };
}

/** One line for logs and problems. */
export function describeError(error: KubeError): string {
  return error.kind === 'status'
    ? `${error.code} ${error.reason}: ${error.message}`
    : `${error.code}: ${error.message}`;
}
