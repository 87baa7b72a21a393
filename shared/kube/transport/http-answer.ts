// What an HTTP response says.
import type { KubeAnswer, KubeError } from '../kube-api.ts';
import { statusError } from '../status.ts';

type Headers = Readonly<Record<string, string | string[] | undefined>>;

export function answerOf(code: number, headers: Headers, text: string): KubeAnswer {
  if (code >= 300) return { kind: 'failed', error: refusalOf(code, headers, text) };
  const body = parseJson(text);
  if (body !== undefined) return { kind: 'ok', body };
  return { kind: 'failed', error: { kind: 'connection', code: 'noJson', message: `HTTP ${code} without JSON` } };
}

export function refusalOf(code: number, headers: Headers, text: string): KubeError {
  const error = statusError(parseJson(text), code);
  const retryAfterMs = parseRetryAfter(headers['retry-after']);
  // The code of the response counts: a Status may carry another one's.
  return { ...error, code, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Seconds, as the apiserver says it; a date, as proxies may (RFC 9110 §10.2.3). */
function parseRetryAfter(value: string | string[] | undefined): number | undefined {
  if (typeof value !== 'string') return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
