import { expect, test } from 'vitest';
import type { ServiceView } from '#shared/kube/objects/service.ts';
import { steadiness, type Presences, type Steadiness } from '#speaker/desired/bgp/steadiness.ts';
import { sumEndpoints } from '#speaker/desired/service-endpoints.ts';
import { service, slice } from '../../views.ts';

const local = service('shop', ['192.0.2.200'], { externalTrafficPolicy: 'Local' });

/** From moment to moment, in seconds: whether n1 has an endpoint; n2 always has one. */
function play(moments: readonly (readonly [atS: number, isHere: boolean])[], of: ServiceView = local): Steadiness {
  let presences: Presences = new Map();
  let last: Steadiness = { presences, unsteady: new Set(), dueMs: undefined };
  for (const [atS, isHere] of moments) {
    const endpoints = sumEndpoints([slice('shop', { n2: { ready: 1 }, ...(isHere ? { n1: { ready: 1 } } : {}) })]);
    last = steadiness({ services: [of], endpoints, node: 'n1', nowMs: atS * 1000 }, presences);
    presences = last.presences;
  }
  return last;
}

test.each<[string, readonly (readonly [number, boolean])[], number | undefined]>([
  ['that is here from the start', [[0, true]], undefined],
  [
    'that came, went and came',
    [
      [0, true],
      [10, false],
      [20, true],
    ],
    undefined,
  ],
  [
    'that changed three times within a minute',
    [
      [0, false],
      [10, true],
      [20, false],
      [70, true],
    ],
    75_000,
  ],
  [
    'that changed three times in more than a minute',
    [
      [0, false],
      [10, true],
      [20, false],
      [71, true],
    ],
    undefined,
  ],
  [
    'that is not here now',
    [
      [0, true],
      [10, false],
      [11, true],
      [12, false],
    ],
    undefined,
  ],
  [
    'that was here again for 5 s',
    [
      [0, false],
      [10, true],
      [20, false],
      [30, true],
      [35, true],
    ],
    undefined,
  ],
])('a Service %s', (_, moments, dueMs) => {
  const { unsteady, dueMs: due } = play(moments);
  expect([unsteady.has(local.key), due]).toEqual([dueMs !== undefined, dueMs]);
});

test('a Service whose traffic goes to all nodes is not watched', () => {
  const moments = [0, 1, 2, 3, 4].map((atS) => [atS, atS % 2 === 0] as const);
  expect(play(moments, { ...local, externalTrafficPolicy: 'Cluster' }).presences.size).toBe(0);
});
