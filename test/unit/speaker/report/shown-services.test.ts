import { describe, expect, test } from 'vitest';
import type { Desired } from '#speaker/desired/desired.ts';
import type { ObservedInterface } from '#speaker/seam.ts';
import { shownServices, unansweredAddresses } from '#speaker/report/shown-services.ts';
import { ip, observed, observedAddress, service } from '../views.ts';

const shop = service('shop', []);
const ips = ['192.0.2.200', '192.0.2.201'].map(ip);
const desiredOn = (interfaces: readonly string[] | 'any'): Desired => ({
  addresses: ips.map((one) => ({ ip: one, owned: true, interfaces })),
  services: [{ service: shop, ips, first: true }],
  failures: [],
});

test('a Service shows the addresses that are answered and where', () => {
  const addresses = [observedAddress('192.0.2.200', ['eth1', 'eth0']), observedAddress('192.0.2.201', ['eth0'])];
  expect(shownServices(desiredOn('any'), observed({ addresses }))).toEqual([
    { service: shop, ips, interfaces: ['eth0', 'eth1'], first: true },
  ]);
});

test('an address that is answered nowhere is not shown', () => {
  const addresses = [observedAddress('192.0.2.200', []), observedAddress('192.0.2.201', ['eth0'])];
  expect(shownServices(desiredOn('any'), observed({ addresses }))).toMatchObject([{ ips: ['192.0.2.201'] }]);
});

test('a Service without an answered address is not shown, nor one that is no longer wanted', () => {
  expect(shownServices(desiredOn('any'), observed())).toEqual([]);
  const addresses = [observedAddress('192.0.2.200', ['eth0'])];
  expect(shownServices({ addresses: [], services: [], failures: [] }, observed({ addresses }))).toEqual([]);
});

const named = (name: string, fields: Partial<ObservedInterface>): ObservedInterface => {
  const [eth0] = observed().interfaces;
  if (eth0 === undefined) throw new Error('no interface');
  return { ...eth0, name, ...fields };
};

describe('an address that is answered nowhere says why', () => {
  test.each<[string, readonly string[] | 'any', readonly ObservedInterface[], string]>([
    [
      'out of all subnets',
      'any',
      [named('eth1', {}), named('eth0', {}), named('eth2', { open: false })],
      'no interface of node "n1" has it in its subnet (suitable are eth0, eth1): name the interface in the L2Advertisement',
    ],
    [
      'no interface',
      'any',
      [],
      'no interface of node "n1" has it in its subnet (it has no suitable interface): name the interface in the L2Advertisement',
    ],
    [
      'named interfaces',
      ['eth1', 'eth2'],
      [named('eth1', { open: false, reason: 'it is down' })],
      'node "n1" cannot use the interfaces that the L2Advertisement names (eth1: it is down, eth2: there is no such Ethernet interface)',
    ],
  ])('%s', (_, wanted, interfaces, why) => {
    const [first] = unansweredAddresses(desiredOn(wanted), observed({ interfaces }), 'n1');
    expect(first).toEqual({ ip: '192.0.2.200', service: shop, message: `192.0.2.200 is announced nowhere: ${why}` });
  });

  test('an IPv6 address: what IPv6 needs of an interface', () => {
    const ipv6 = ip('2001:db8::200');
    const desired: Desired = {
      addresses: [{ ip: ipv6, owned: true, interfaces: ['eth0'] }],
      services: [{ service: shop, ips: [ipv6], first: true }],
      failures: [],
    };
    const [first] = unansweredAddresses(desired, observed(), 'n1');
    const needs = 'IPv6 is announced on interfaces that have an IPv6 link-local address';
    expect(first?.message).toMatch(new RegExp(`eth0: not in use\\); ${needs}$`));
  });

  test('with what else is wrong', () => {
    const [first] = unansweredAddresses(desiredOn('any'), observed({ problems: ['NET_RAW is missing'] }), 'n1');
    expect(first?.message).toMatch(/L2Advertisement; NET_RAW is missing$/);
  });
});
