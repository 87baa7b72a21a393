import { describe, expect, test } from 'vitest';
import { desired } from '#speaker/desired/desired.ts';
import { mostNodesToPreferEndpoints } from '#speaker/desired/candidates.ts';
import type { Inputs } from '#speaker/desired/inputs.ts';
import type { DesiredAddress } from '#speaker/segment/ownership/desired-address.ts';
import { inputs, node, nodeId, service, slice } from '../views.ts';

const addressesIn = (given: Inputs): readonly DesiredAddress[] =>
  desired(given, { name: 'n1', hostAddresses: new Set(), gateways: new Set() }).addresses;
const withReady = ({ candidates }: DesiredAddress): string[] =>
  ['n1', 'n2', 'n3'].filter((name) => candidates.get(nodeId(name))?.hasReadyEndpoint === true);
const shops = ['192.0.2.200', '192.0.2.201', '192.0.2.202'].map((address, index) => service(`s${index}`, [address]));

describe('a node with a ready endpoint', () => {
  test('is known among those that forward', () => {
    const slices = [slice('s0', { n2: { ready: 1 }, n3: { servingTerminating: 1 } })];
    expect(addressesIn(inputs({ services: shops.slice(0, 1), slices })).map(withReady)).toEqual([['n2']]);
  });

  test('of any Service that shares the address is known', () => {
    const annotations = { 'metallb.io/allow-shared-ip': 'key' };
    const services = ['a', 'b'].map((name) => service(name, ['192.0.2.200'], { annotations }));
    const slices = [slice('a', { n1: { ready: 1 } }), slice('b', { n3: { ready: 1 } })];
    expect(addressesIn(inputs({ services, slices })).map(withReady)).toEqual([['n1', 'n3']]);
  });

  test('is no better than another in a large cluster, where every node forwards', () => {
    const nodes = Array.from({ length: mostNodesToPreferEndpoints + 1 }, (_, index) => node(`n${index + 1}`));
    const slices = [slice('s0', { n2: { ready: 1 } }), slice('s1', { n3: { ready: 1 } })];
    const [first, second] = addressesIn(inputs({ services: shops.slice(0, 2), nodes, slices }));
    expect(first && withReady(first)).toEqual(['n1', 'n2', 'n3']);
    expect(second?.candidates).toBe(first?.candidates);
  });

  test('is known in a large cluster where only it forwards', () => {
    const nodes = Array.from({ length: mostNodesToPreferEndpoints + 1 }, (_, index) => node(`n${index + 1}`));
    const local = service('s0', ['192.0.2.200'], { externalTrafficPolicy: 'Local' });
    const addresses = (slices: Parameters<typeof slice>[1]): readonly string[][] =>
      addressesIn(inputs({ services: [local], nodes, slices: [slice('s0', slices)] })).map(withReady);
    expect(addresses({ n2: { ready: 1 } })).toEqual([['n2']]);
    expect(addresses({ n2: { servingTerminating: 1 } })).toEqual([[]]);
  });
});

test('addresses with the same candidates share one map', () => {
  const slices = shops.map(({ name }, index) => slice(name, { [index === 2 ? 'n2' : 'n1']: { ready: 1 } }));
  const [first, second, third] = addressesIn(inputs({ services: shops, slices }));
  expect(second?.candidates).toBe(first?.candidates);
  expect(third?.candidates).not.toBe(first?.candidates);
});

test('however many addresses every node of a large cluster may own, they share one map', () => {
  const nodes = Array.from({ length: 100 }, (_, index) => node(`n${index}`));
  const services = Array.from({ length: 40 }, (_, index) => service(`s${index}`, [`192.0.2.${200 + index}`]));
  const slices = services.map(({ name }, index) => slice(name, { [`n${index}`]: { ready: 1 } }));
  const addresses = addressesIn(inputs({ nodes, services, slices }));
  expect(addresses).toHaveLength(40);
  expect(new Set(addresses.map(({ candidates }) => candidates)).size).toBe(1);
});
