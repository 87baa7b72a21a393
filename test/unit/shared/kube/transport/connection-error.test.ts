import { errors } from 'undici';
import { expect, test } from 'vitest';
import { connectionError, isDistrust } from '#shared/kube/transport/connection-error.ts';

function coded(code: string, cause?: unknown): Error {
  return Object.assign(new Error(`failed: ${code}`, { cause }), { code });
}

test.each<[string, unknown, string]>([
  ['with a code', coded('ECONNRESET'), 'ECONNRESET'],
  ['with a cause that has one', new Error('lost', { cause: coded('EPIPE') }), 'EPIPE'],
  ['of all addresses', new AggregateError([coded('ECONNREFUSED'), coded('ENETUNREACH')]), 'ECONNREFUSED'],
  [
    'of connecting in time, whatever timed out',
    Object.assign(new errors.ConnectTimeoutError('slow'), { cause: coded('ETIMEDOUT') }),
    'UND_ERR_CONNECT_TIMEOUT',
  ],
  ['of a time-out', new DOMException('slow', 'TimeoutError'), 'ETIMEDOUT'],
  ['without a code', new Error('lost'), 'unknown'],
  ['that is no error', 'lost', 'unknown'],
])('a failure %s', (_, error, code) => {
  expect(connectionError(error)).toMatchObject({ kind: 'connection', code });
});

test.each([
  ['SELF_SIGNED_CERT_IN_CHAIN', true],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', true],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', true],
  ['CERT_HAS_EXPIRED', true],
  ['ECONNRESET', false],
])('%s is distrust: %s', (code, distrust) => {
  expect(isDistrust(connectionError(coded(code)))).toBe(distrust);
});
