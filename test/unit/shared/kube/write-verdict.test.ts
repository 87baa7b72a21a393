import { expect, test } from 'vitest';
import type { KubeError } from '#shared/kube/kube-api.ts';
import { judge } from '#shared/kube/write-verdict.ts';
import { lostConnection, refusal } from '#test/simulation/scripted-kube-api.ts';

test('a write that was done says which version it made', () => {
  const body = { metadata: { resourceVersion: '7' } };
  expect(judge({ kind: 'ok', body })).toEqual({ kind: 'written', body, resourceVersion: '7' });
});

test.each<[string, KubeError, string]>([
  ['bad content', refusal(422), 'refused late'],
  ['no rights', refusal(403), 'refused late'],
  ['a bad request', refusal(400), 'refused late'],
  ['an unknown media type', refusal(415), 'refused late'],
  ['a token that is no good', refusal(401), 'refused soon'],
  ['another version', refusal(409), 'conflict'],
  ['no object', refusal(404), 'gone'],
  ['too many requests', refusal(429, '', { retryAfterMs: 3_000 }), 'overload 3000'],
  ['too many requests, without a time', refusal(429), 'overload 1000'],
  ['turned away until later', refusal(503, '', { retryAfterMs: 2_000 }), 'overload 2000'],
  ['something on the way that is broken', refusal(503), 'unknown'],
  ['a server that failed half-way', refusal(500), 'unknown'],
  ['etcd that timed out', refusal(504), 'unknown'],
  ['a time-out', lostConnection('ETIMEDOUT'), 'unknown'],
  ['a reset', lostConnection('ECONNRESET'), 'unknown'],
  ['nobody who listens', lostConnection('ECONNREFUSED'), 'refused soon'],
  ['no way', lostConnection('EHOSTUNREACH'), 'refused soon'],
])('%s', (_, error, expected) => {
  const verdict = judge({ kind: 'failed', error });
  const detail = verdict.kind === 'refused' ? verdict.retry : verdict.kind === 'overload' ? verdict.retryAfterMs : '';
  expect(`${verdict.kind} ${detail}`.trim()).toBe(expected);
});
