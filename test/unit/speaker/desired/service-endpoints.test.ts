import { describe, expect, test } from 'vitest';
import type { EndpointCounts } from '#shared/kube/objects/endpoint-slice.ts';
import { sumEndpoints, usableNodes, type UsableNodes } from '#speaker/desired/service-endpoints.ts';
import { service, slice } from '../views.ts';

interface Row {
  readonly endpoints: string;
  readonly byNode?: Readonly<Record<string, Partial<EndpointCounts>>>;
  readonly withoutNode?: Partial<EndpointCounts>;
  readonly cluster: UsableNodes;
  readonly local: UsableNodes;
}

const rows: readonly Row[] = [
  { endpoints: 'no endpoint', cluster: 'none', local: 'none' },
  { endpoints: 'ready on n1', byNode: { n1: { ready: 1 } }, cluster: 'every', local: new Set(['n1']) },
  {
    endpoints: 'ready on n1, terminating on n2',
    byNode: { n1: { ready: 1 }, n2: { servingTerminating: 3 } },
    cluster: 'every',
    local: new Set(['n1']),
  },
  {
    endpoints: 'only terminating, on n1 and n2',
    byNode: { n1: { servingTerminating: 1 }, n2: { servingTerminating: 1 } },
    cluster: 'every',
    local: new Set(['n1', 'n2']),
  },
  { endpoints: 'ready on no known node', withoutNode: { ready: 1 }, cluster: 'every', local: 'none' },
  {
    endpoints: 'ready on no known node, terminating on n1',
    withoutNode: { ready: 1 },
    byNode: { n1: { servingTerminating: 1 } },
    cluster: 'every',
    local: new Set(['n1']),
  },
];

describe.each(['Cluster', 'Local'] as const)('externalTrafficPolicy %s', (externalTrafficPolicy) => {
  test.each(rows)('$endpoints', ({ byNode = {}, withoutNode, cluster, local }) => {
    const none = { ready: 0, servingTerminating: 0 };
    const endpoints = sumEndpoints([slice('shop', byNode, { withoutNode: { ...none, ...withoutNode } })]);
    const usable = usableNodes(service('shop', [], { externalTrafficPolicy }), 'IPv4', endpoints);
    expect(usable).toEqual(externalTrafficPolicy === 'Cluster' ? cluster : local);
  });
});

test('slices of one Service are added up', () => {
  const endpoints = sumEndpoints([
    slice('shop', { n1: { servingTerminating: 1 } }),
    slice('shop', { n1: { ready: 2 }, n2: { ready: 1 } }),
    slice('other', { n3: { ready: 1 } }),
  ]);
  expect(endpoints.get(service('shop', []).key)?.IPv4).toEqual({
    byNode: new Map([
      ['n1', { ready: 2, servingTerminating: 1 }],
      ['n2', { ready: 1, servingTerminating: 0 }],
    ]),
    total: { ready: 3, servingTerminating: 1 },
  });
});

test.each(['IPv6', 'FQDN'] as const)('%s endpoints serve no IPv4 address', (addressType) => {
  const endpoints = sumEndpoints([slice('shop', { n1: { ready: 1 } }, { addressType })]);
  expect(usableNodes(service('shop', []), 'IPv4', endpoints)).toBe('none');
  expect(usableNodes(service('shop', []), 'IPv6', endpoints)).toBe(addressType === 'IPv6' ? 'every' : 'none');
});
