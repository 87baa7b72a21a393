// Failures without an answer, by a code that names the cause.
import type { KubeError } from '../kube-api.ts';

/** The chain of causes is followed to the first that has a code. */
export function connectionError(error: unknown): KubeError {
  const codes = causes(error).flatMap((cause) =>
    'code' in cause && typeof cause.code === 'string' ? [cause.code] : [],
  );
  const timedOut = error instanceof Error && error.name === 'TimeoutError';
  const message = error instanceof Error ? error.message : String(error);
  return { kind: 'connection', code: timedOut ? 'ETIMEDOUT' : (codes[0] ?? 'unknown'), message };
}

/** The apiserver's certificate is not to be trusted with the CA that we have. */
export function isDistrust(error: KubeError): boolean {
  return error.kind === 'connection' && /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/.test(error.code);
}

function causes(error: unknown): readonly Error[] {
  if (!(error instanceof Error)) return [];
  const inner = error instanceof AggregateError ? error.errors[0] : error.cause;
  return [error, ...causes(inner)];
}
