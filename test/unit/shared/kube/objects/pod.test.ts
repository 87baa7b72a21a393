import { expect, test } from 'vitest';
import { parseNamespace } from '#shared/kube/objects/namespace.ts';
import { parsePod } from '#shared/kube/objects/pod.ts';
import { raw, viewOf } from './raw.ts';

test.each([
  [
    'that runs',
    { spec: { nodeName: 'n1' }, status: { conditions: [{ type: 'Ready', status: 'True' }] } },
    ['n1', true, false],
  ],
  ['that waits', {}, ['', false, false]],
  [
    'that ends',
    { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' }, spec: { nodeName: 'n1' } },
    ['n1', false, true],
  ],
])('a Pod %s', (_, parts, expected) => {
  const { nodeName, ready, deleting } = viewOf(parsePod(raw('speaker', parts)));
  expect([nodeName, ready, deleting]).toEqual(expected);
});

test('a Namespace is its labels', () => {
  const metadata = { namespace: undefined, labels: { team: 'a' } };
  expect(viewOf(parseNamespace(raw('web', { metadata })))).toMatchObject({
    key: 'web',
    name: 'web',
    labels: { team: 'a' },
  });
});
