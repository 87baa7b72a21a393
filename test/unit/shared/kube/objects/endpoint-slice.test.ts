// Two tiers of endpoints, as kube-proxy has them (KEP-1672, KEP-1669).
import { expect, test } from 'vitest';
import { parseEndpointSlice, type EndpointCounts } from '#shared/kube/objects/endpoint-slice.ts';
import { raw, viewOf } from './raw.ts';

const labels = { 'kubernetes.io/service-name': 'shop' };

test.each<[string, object | undefined, EndpointCounts]>([
  ['nothing said', undefined, { ready: 1, servingTerminating: 0 }],
  ['ready nil', {}, { ready: 1, servingTerminating: 0 }],
  ['ready null', { ready: null }, { ready: 1, servingTerminating: 0 }],
  ['ready', { ready: true }, { ready: 1, servingTerminating: 0 }],
  [
    'ready and terminating (not-ready addresses are published)',
    { ready: true, terminating: true },
    { ready: 1, servingTerminating: 0 },
  ],
  ['terminating, serving', { ready: false, serving: true, terminating: true }, { ready: 0, servingTerminating: 1 }],
])('an endpoint counts: %s', (_, conditions, counts) => {
  const endpoints = [{ addresses: ['10.0.0.1'], nodeName: 'n1', conditions }];
  const view = viewOf(parseEndpointSlice(raw('s', { metadata: { labels }, addressType: 'IPv4', endpoints })));
  expect(view.byNode).toEqual(new Map([['n1', counts]]));
});

test.each([
  ['not ready', { ready: false }],
  ['not ready, serving but not terminating', { ready: false, serving: true }],
  ['terminating, serving nil is ready', { ready: false, terminating: true }],
  ['terminating, not serving', { ready: false, serving: false, terminating: true }],
])('an endpoint does not count: %s', (_, conditions) => {
  const endpoints = [{ addresses: ['10.0.0.1'], nodeName: 'n1', conditions }];
  expect(viewOf(parseEndpointSlice(raw('s', { addressType: 'IPv4', endpoints }))).byNode).toEqual(new Map());
});

test('endpoints are counted by node, those without one apart', () => {
  const endpoints = [{ nodeName: 'n1' }, { nodeName: 'n2' }, { nodeName: 'n1' }, {}, { nodeName: '' }];
  const view = viewOf(parseEndpointSlice(raw('s', { metadata: { labels }, addressType: 'IPv6', endpoints })));
  expect(view).toMatchObject({ service: 'web/shop', addressType: 'IPv6', withoutNode: { ready: 2 } });
  expect(view.byNode).toEqual(
    new Map([
      ['n1', { ready: 2, servingTerminating: 0 }],
      ['n2', { ready: 1, servingTerminating: 0 }],
    ]),
  );
});

test('a slice of no Service belongs to none', () => {
  expect(viewOf(parseEndpointSlice(raw('s', { addressType: 'IPv4' }))).service).toBe('web/');
});
