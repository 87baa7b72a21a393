import { expect, test } from 'vitest';
import { parseSecret } from '#shared/kube/objects/secret.ts';
import { problemOf, raw, viewOf } from './raw.ts';

const secret = (data?: object): object => raw('router', { type: 'kubernetes.io/basic-auth', ...(data && { data }) });

test.each<[string, object | undefined, readonly number[] | undefined]>([
  ['a password', { password: 'aHVudGVyMg==', username: 'cm9vdA==' }, [...Buffer.from('hunter2')]],
  ['octets that are no text', { password: '/wD+' }, [255, 0, 254]],
  ['an empty password', { password: '' }, undefined],
  ['no password', { username: 'cm9vdA==' }, undefined],
  ['no data', undefined, undefined],
])('a Secret with %s', (_, data, password) => {
  const { password: octets, name } = viewOf(parseSecret(secret(data)));
  expect([name, octets && [...octets]]).toEqual(['router', password]);
});

test.each([['hunter2'], ['aHVudGVyMg='], ['a b=']])('what is not base64 is refused, and not repeated', (password) => {
  const problem = problemOf(parseSecret(secret({ password })));
  expect(problem).toBe('data.password: expected base64');
});
