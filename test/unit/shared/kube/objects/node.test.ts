import { expect, test } from 'vitest';
import { parseNode } from '#shared/kube/objects/node.ts';
import { problemOf, raw, viewOf } from './raw.ts';

test('a Node, with what changes all the time left out', () => {
  const parsed = parseNode(
    raw('n1', {
      metadata: { namespace: undefined, labels: { zone: 'a' }, annotations: { 'node.alpha.kubernetes.io/ttl': '0' } },
      spec: {
        unschedulable: true,
        taints: [
          { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' },
          { key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute', value: 'nodeshutdown' },
        ],
      },
      status: {
        addresses: [
          { type: 'Hostname', address: 'n1' },
          { type: 'ExternalIP', address: '203.0.113.1' },
          { type: 'InternalIP', address: '192.0.2.1' },
          { type: 'InternalIP', address: '2001:DB8:0::1' },
          { type: 'ExternalIP', address: '192.0.2.1' },
        ],
        conditions: [
          { type: 'NetworkUnavailable', status: 'True' },
          { type: 'Ready', status: 'True', lastHeartbeatTime: '2026-01-01T00:00:00Z' },
        ],
        images: [{ names: ['busybox'] }],
      },
    }),
  );
  expect(viewOf(parsed)).toEqual({
    key: 'n1',
    namespace: '',
    name: 'n1',
    uid: 'uid-n1',
    createdMs: Date.UTC(2026, 0, 1),
    labels: { zone: 'a' },
    addresses: ['192.0.2.1', '2001:db8::1', '203.0.113.1'],
    unschedulable: true,
    ready: true,
    networkUnavailable: true,
    taints: ['node.kubernetes.io/out-of-service'],
  });
});

test('a Node that nobody has said anything about yet', () => {
  expect(viewOf(parseNode(raw('n1')))).toMatchObject({
    addresses: [],
    unschedulable: false,
    ready: false,
    networkUnavailable: false,
    taints: [],
  });
});

test.each(['False', 'Unknown', 'Other'])('Ready %s is not ready', (status) => {
  expect(viewOf(parseNode(raw('n1', { status: { conditions: [{ type: 'Ready', status }] } }))).ready).toBe(false);
});

test('a flag that is a text is a problem', () => {
  expect(problemOf(parseNode(raw('n1', { spec: { unschedulable: 'true' } })))).toBe(
    'spec.unschedulable: expected a boolean',
  );
});
