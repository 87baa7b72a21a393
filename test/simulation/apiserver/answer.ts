// How the apiserver answers: objects, or a Status that says no.
import type { KubeAnswer, KubeError } from '#shared/kube/kube-api.ts';

export type Refusal = Extract<KubeError, { kind: 'status' }>;

const reasons: ReadonlyMap<number, string> = new Map([
  [400, 'BadRequest'],
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [404, 'NotFound'],
  [405, 'MethodNotAllowed'],
  [409, 'Conflict'],
  [410, 'Expired'],
  [415, 'UnsupportedMediaType'],
  [422, 'Invalid'],
  [429, 'TooManyRequests'],
  [500, 'InternalError'],
  [503, 'ServiceUnavailable'],
  [504, 'Timeout'],
]);

export function refusal(code: number, message: string, fields: Partial<Refusal> = {}): Refusal {
  return { kind: 'status', code, reason: reasons.get(code) ?? '', message, ...fields };
}

export function ok(body: unknown): KubeAnswer {
  return { kind: 'ok', body };
}

export function refused(error: KubeError): KubeAnswer {
  return { kind: 'failed', error };
}

/** As the object of an ERROR event in a watch. */
export function statusObject({ code, reason, message, retryAfterMs }: Refusal): object {
  const details = retryAfterMs === undefined ? {} : { details: { retryAfterSeconds: retryAfterMs / 1000 } };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code, ...details };
}
